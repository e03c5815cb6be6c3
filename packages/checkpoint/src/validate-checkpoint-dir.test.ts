import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { validateCheckpointDir } from './validate-checkpoint-dir.js';

let folder: string;
let warnings: string[];
const validate = (at = folder) =>
  validateCheckpointDir(at, { onWarning: (message) => void warnings.push(message) });
const write = async (...names: string[]) => {
  for (const name of names) await writeFile(join(folder, name), '');
};
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shard-'));
  warnings = [];
});

test('test_validate_checkpoint_dir_removes_orphaned_tmp_files', async () => {
  const kept = ['batch_00000.pt', 'batch_00000.pt.done', 'batch_00001.pt', 'batch_00001.pt.done'];
  await write(...kept, 'batch_00002.pt.tmp', 'batch_00002.pt.done.tmp', 'batch_00002.pt.0a1b2c3d4e5f.tmp');
  expect(await validate()).toBe(true);
  expect((await readdir(folder)).sort()).toEqual(kept);
  expect(warnings).toEqual([]);
});

test('test_validate_checkpoint_dir_done_marker_mismatch_warning', async () => {
  await write(
    'batch_00000.pt',
    'batch_00000.pt.done',
    'batch_00001.pt',
    'batch_00001.pt.done',
    'batch_00002.pt',
  );
  expect(await validate()).toBe(true);
  expect(warnings).toEqual([
    expect.stringMatching(/1 of 3 checkpoints has no \.done marker.*batch_00002\.pt/),
  ]);
  expect(await readdir(folder)).toHaveLength(5);
});

test('test_validate_checkpoint_dir_fresh_start', async () => {
  expect(await validate(join(folder, 'not there yet'))).toBe(true);
  expect(warnings).toEqual([]);
});

test('the folder of a claim is left for the next worker', async () => {
  await mkdir(join(folder, 'claim_2_0a1b2c3d4e5f.tmp'));
  await write('batch_00000.pt.tmp');
  expect(await validate()).toBe(true);
  expect(await readdir(folder)).toEqual(['claim_2_0a1b2c3d4e5f.tmp']);
  expect(warnings).toEqual([]);
});

test('an error that may pass is thrown, for a retry', async () => {
  // Stands in for a disk that does not answer, which a test cannot have.
  await expect(validate(join(folder, 'n'.repeat(300)))).rejects.toThrow('ENAMETOOLONG');
  expect(warnings).toEqual([]);
});

test("a claim's folder stays for the shard's next owner, with what is in it", async () => {
  await mkdir(join(folder, 'claim_1_0a1b2c3d4e5f.tmp'));
  await write('claim_1_0a1b2c3d4e5f.tmp/batch_00000.pt', 'batch_00000.pt.tmp');
  expect(await validate()).toBe(true);
  expect(await readdir(folder, { recursive: true })).toEqual([
    'claim_1_0a1b2c3d4e5f.tmp',
    join('claim_1_0a1b2c3d4e5f.tmp', 'batch_00000.pt'),
  ]);
  expect(warnings).toEqual([]);
});

test('anything but a folder, or one with files that cannot be removed, cannot be used', async () => {
  await write('file');
  expect(await validate(join(folder, 'file'))).toBe(false);
  await mkdir(join(folder, 'a.tmp'));
  expect(await validate()).toBe(false);
  expect(warnings).toHaveLength(2);
});

// biome-ignore lint/suspicious/noExplicitAny: JavaScript callers may pass anything.
type Any = any;
const notObjects = [null, 5, 'x', [], new Map()];
const notFunctions = [5, 'log', {}, null];

test.each<[string, readonly Any[], (value: Any) => Promise<unknown>]>([
  ['', notObjects, (options) => validateCheckpointDir('nowhere', options)],
  ['folder', ['', 5, undefined], (folder) => validateCheckpointDir(folder)],
  ['onWarning', notFunctions, (onWarning) => validateCheckpointDir('nowhere', { onWarning })],
  ['onwarning', [() => 1], (onwarning) => validateCheckpointDir('nowhere', { onwarning } as Any)],
])('%s that is one of %o is refused by name', async (option, values, use) => {
  for (const value of values)
    await expect(use(value), String(value)).rejects.toMatchObject({ code: 'invalid_option', option });
});
