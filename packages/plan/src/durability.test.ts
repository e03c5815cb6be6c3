import { type FileHandle, mkdtemp, open, readdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { buildIndex } from './index-store/build-index.js';
import { FILES } from './index-store/format.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'durability-'));
});

async function build(texts: string[]) {
  const inputs: string[] = [];
  for (const [i, text] of texts.entries()) {
    inputs.push(join(folder, `${i}.fa`));
    await writeFile(inputs.at(-1)!, text);
  }
  const allowed = Uint8Array.from({ length: 256 }, (_, c) => (c >= 0x41 && c <= 0x5a ? 1 : 0));
  const tokensOf = (residues: number) => residues;
  return buildIndex({
    inputs,
    folder: join(folder, 'index'),
    allowed,
    hint: 'letters only',
    tokensOf,
    batchTokens: 8,
    bucket: { sequences: 10, residues: 100 },
    dedupe: true,
  });
}

/** Records each file that is synced while `work` runs, and its size then. */
async function syncsOf(work: () => Promise<unknown>) {
  const probe = await open(folder, 'r');
  const prototype = Object.getPrototypeOf(probe) as FileHandle;
  await probe.close();
  const original = prototype.sync;
  const syncs: { inode: number; size: number }[] = [];
  const spy = vi.spyOn(prototype, 'sync').mockImplementation(async function (this: FileHandle) {
    const { ino, size } = await this.stat();
    syncs.push({ inode: ino, size });
    await original.call(this);
  });
  try {
    await work();
  } finally {
    spy.mockRestore();
  }
  return syncs;
}

test('every file is forced to the device whole, then the summary, then the folder', async () => {
  const syncs = await syncsOf(() => build(['>a\nACGT\n>b\nACGTACGT\n']));
  const place = async (name: string) => {
    const { ino, size } = await stat(join(folder, 'index', name));
    return syncs.findLastIndex(({ inode, size: then }) => inode === ino && (name === '.' || then === size));
  };
  const summary = await place('summary.json');
  const names = Object.values(FILES).filter((name) => name !== FILES.summary && name !== FILES.skipped);
  expect(names).toHaveLength(11);
  for (const name of names) {
    const at = await place(name);
    expect(at, name).toBeGreaterThanOrEqual(0);
    expect(at, name).toBeLessThan(summary);
  }
  expect(await place('.')).toBe(summary + 1);
});

test('a bad input leaves no summary, not even that of an earlier index', async () => {
  await build(['>a\nA\n']);
  await expect(build(['>a\nA\n', '>b\n1\n'])).rejects.toMatchObject({
    code: 'bad_residue',
    message: expect.stringContaining(
      `${join(folder, '1.fa')}: record 1 ("b", line 2): "1" is not a residue: lines are numbered`,
    ),
  });
  expect(await readdir(join(folder, 'index'))).not.toContain('summary.json');
});
