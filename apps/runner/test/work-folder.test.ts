import { existsSync } from 'node:fs';
import { appendFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestOf, type Ended, fixture, freshFolder, holdfast, killedAt } from './command.js';

// `--work`: the run in one folder, its result in another.

const input = fixture('messy.fa');
const RESULT = ['embeddings.safetensors', 'ids.txt', 'result.json', 'sequences.tsv'];
const completes = (ended: Ended) => ended.lines.find(({ event }) => event === 'complete');
/** What users see of a folder. */
const shown = async (folder: string) =>
  (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();

async function folders() {
  const folder = await freshFolder();
  const work = join(folder, 'work');
  const out = (name: string) => join(folder, name);
  const line = (name: string, ...more: string[]) =>
    holdfast(['embed', input, '--out', out(name), '--work', work, '--workers', '1', ...more]);
  return { folder, work, out, line };
}

test('each try may have a new output folder, wherever the one before was killed', async () => {
  const { folder, work, out, line } = await folders();
  const plain = join(folder, 'plain');
  expect(await holdfast(['embed', input, '--out', plain, '--workers', '1'])).toMatchObject({ code: 0 });
  const whole = await digestOf(plain);
  const places = [
    ['open', 'batch_00000\\.pt\\.done.*tmp$'],
    ['open', 'work/ids\\.txt\\.tmp$'],
    ['open', 'out\\d/embeddings\\.safetensors\\.tmp$'],
    ['rename', 'out\\d/ids\\.txt\\.tmp$'],
    ['rename', 'out\\d/result\\.json\\.tmp$'],
  ] as const;
  const args = (name: string) => ['embed', input, '--out', out(name), '--work', work, '--workers', '1'];
  for (const [n, [operation, name]] of places.entries()) {
    const killed = await holdfast(args(`out${n}`), '', { env: killedAt(operation, name) });
    expect(killed, name).toMatchObject({ signal: 'SIGKILL' });
    expect(await readdir(out(`out${n}`))).not.toContain('result.json');
  }
  const last = await line('out9');
  expect(last).toMatchObject({ code: 0 });
  expect(completes(last)).toMatchObject({ already: false, embeddings: join(out('out9'), RESULT[0]!) });
  expect(await shown(out('out9'))).toEqual(RESULT);
  expect(await digestOf(out('out9'))).toBe(whole);
  // The same output folder goes on where it was killed.
  expect(completes(await line('out3'))).toMatchObject({ already: false });
  expect(await digestOf(out('out3'))).toBe(whole);
  expect(await shown(out('out3'))).toEqual(RESULT);

  // Everything is there: nothing is written again.
  expect(completes(await line('out9'))).toMatchObject({ already: true });
  // An edit of one copy changes no other, and is mended.
  await appendFile(join(out('out9'), 'ids.txt'), 'x\n');
  expect(completes(await line('out3'))).toMatchObject({ already: true });
  expect(completes(await line('out9'))).toMatchObject({ already: false });
  expect(await digestOf(out('out9'))).toBe(whole);
  // A file of an earlier result does not stay beside the new one.
  expect(await line('out9', '--format', 'npy')).toMatchObject({ code: 0 });
  expect(await shown(out('out9'))).toEqual(['embeddings.npy', 'ids.txt', 'result.json', 'sequences.tsv']);

  expect(await holdfast(['verify', work, '--json'])).toMatchObject({ code: 0 });
  const verified = await holdfast(['verify', out('out9'), '--json']);
  expect(verified).toMatchObject({ code: 0, lines: [{ ok: true, state: 'complete' }] });
  await appendFile(join(out('out9'), 'ids.txt'), 'x\n');
  const edited = await holdfast(['verify', out('out9'), '--json']);
  expect(edited).toMatchObject({ code: 5, lines: [{ ok: false, faults: [{ file: 'ids.txt' }] }] });
  expect((await holdfast(['verify', out('out9'), '--repair'])).stderr).toContain('rerun the holdfast embed');
  const status = await holdfast(['status', out('out9'), '--json']);
  expect(status).toMatchObject({ code: 0 });
  expect(status.stderr).toContain(`has a copy of the result of the run in ${work}, which stands so:`);
  // Without --work, the command would begin anew.
  const without = await holdfast(['embed', input, '--out', out('out9'), '--format', 'npy']);
  expect(without.stderr).toContain(`add --work ${work}`);
  expect(without).toMatchObject({ code: 2 });
});

test('a restart that is killed goes on without the option, and its result replaces the older one', async () => {
  const { out, line, work } = await folders();
  expect(await line('out')).toMatchObject({ code: 0 });
  const other = [
    'embed',
    input,
    '--out',
    out('out'),
    '--work',
    work,
    '--workers',
    '1',
    '--batch-tokens',
    '64',
  ];
  const env = killedAt('open', 'batch_00000\\.pt\\.done.*tmp$');
  expect(await holdfast([...other, '--force-restart'], '', { env })).toMatchObject({ signal: 'SIGKILL' });
  expect(await shown(out('out'))).not.toContain('result.json');
  expect(await holdfast(other)).toMatchObject({ code: 0 });
  const result = async (folder: string) => readFile(join(folder, 'result.json'), 'utf8');
  expect(await result(out('out'))).toBe(await result(work));
});

test('a command that cannot start leaves neither folder behind', async () => {
  const { work, out } = await folders();
  const args = ['embed', fixture('bad-residue/digits.fa'), '--out', out('out'), '--work', work];
  expect((await holdfast(args)).code).not.toBe(0);
  expect(existsSync(out('out'))).toBe(false);
  expect(existsSync(work)).toBe(false);
});

test('what cannot be is refused by name, and nothing is touched', async () => {
  const { folder, work, out, line } = await folders();
  await mkdir(out('taken'));
  await writeFile(join(out('taken'), 'ids.txt'), 'mine\n');
  const taken = await line('taken');
  expect(taken).toMatchObject({ code: 2 });
  expect(taken.stderr).toMatch(/ids\.txt already exists.*Use another --out/);
  expect(await readFile(join(out('taken'), 'ids.txt'), 'utf8')).toBe('mine\n');

  for (const dry of [[], ['--dry-run']])
    expect((await line('work', ...dry)).stderr).toMatch(/are the same folder/);
  expect((await line('work/index/out')).stderr).toMatch(/lies in .*index.*use another --out/);

  expect(await line('out')).toMatchObject({ code: 0 });
  const second = join(folder, 'second');
  const args = ['embed', input, '--out', out('out'), '--work', second, '--batch-tokens', '64'];
  const other = await holdfast(args);
  expect(other).toMatchObject({ code: 2 });
  expect(other.stderr).toMatch(/holds the result of another run/);
  expect((await holdfast([...args, '--dry-run'])).stderr).toBe(other.stderr);
  expect(await digestOf(out('out'))).toBe(await digestOf(work));
  expect(await holdfast([...args, '--force-restart'])).toMatchObject({ code: 0 });
  expect(await readFile(join(out('out'), 'result.json'))).toEqual(
    await readFile(join(second, 'result.json')),
  );

  // A whole run is not mistaken for the folder of a result.
  const whole = await holdfast(['embed', input, '--out', work, '--work', second, '--batch-tokens', '64']);
  expect(whole).toMatchObject({ code: 2 });
  expect(whole.stderr).toMatch(/holds a run of its own/);
  await rm(second, { recursive: true });
});
