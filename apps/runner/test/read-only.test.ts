import { spawnSync } from 'node:child_process';
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { digestOf, fixture, freshFolder, holdfast, type StartOptions, start } from './command.js';

// A finished result that may be read, but not written: an archive, a snapshot, another user's folder.

let folder: string;
let out: string;
let line: string[];
beforeEach(async () => {
  folder = await freshFolder();
  // Another user must be able to come as far as the folder.
  for (const path of [dirname(folder), folder]) await chmod(path, 0o755);
  out = join(folder, 'out');
  line = ['embed', fixture('messy.fa'), '--out', out];
  expect(await holdfast(line)).toMatchObject({ code: 0 });
});

const mountable = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;
if (!mountable) console.warn('LEFT OUT: nothing can be mounted read-only on this machine');
// Root may write whatever the mode, so the test gives its rights away.
const user = process.getuid?.() === 0 ? { uid: 65_534 } : {};

const ways: [what: string, possible: boolean, prepare: () => Promise<void>, options: () => StartOptions][] = [
  ['a folder without the right to write', true, () => chmod(out, 0o555), () => user],
  [
    "a lock file of another user's",
    true,
    async () => {
      await chmod(join(out, '.lock'), 0o444);
      await chmod(out, 0o777);
    },
    () => user,
  ],
  [
    'a read-only mount',
    mountable,
    async () => undefined,
    () => ({
      under: [
        'unshare',
        '-rm',
        'sh',
        '-c',
        'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"',
        'sh',
        out,
      ],
    }),
  ],
];

describe.each(ways.filter(([, possible]) => possible))('%s', (_what, _possible, prepare, options) => {
  test('whose result is complete is complete, and nothing in it changes', async () => {
    const [names, digest] = [await readdir(out), await digestOf(out)];
    await prepare();
    const { code, lines, stderr } = await holdfast(line, '', options());
    expect([code, stderr]).toEqual([0, '']);
    expect(lines.at(-1)).toMatchObject({ event: 'complete', already: true, sequences: 7 });
    expect([await readdir(out), await digestOf(out)]).toEqual([names, digest]);
  });

  test('is refused for another run, a damaged result, another format or a restart', async () => {
    const other = ['embed', fixture('lambda_virus.fa.gz'), '--out', out];
    await prepare();
    const refused = async (args: readonly string[], says: RegExp) => {
      const { code, stderr } = await holdfast(args, '', options());
      expect([code, stderr]).toEqual([2, expect.stringMatching(says)]);
    };
    const UNWRITABLE =
      /cannot be (written to|opened) \((EACCES|EROFS): [^)]+\); (let this user write|mount it writable)/;
    await refused(other, /holds another run/);
    await refused([...line, '--format', 'npy'], UNWRITABLE);
    await refused([...line, '--force-restart'], UNWRITABLE);
    await chmod(out, 0o755);
    await writeFile(join(out, 'ids.txt'), 'other');
    await prepare();
    await refused(line, UNWRITABLE);
  });
});

test('an input that is long in coming is told of, also where nothing may be written', async () => {
  const piped = ['embed', '-', '--out', join(folder, 'piped')];
  const fasta = await readFile(fixture('messy.fa'));
  expect(await holdfast(piped, fasta)).toMatchObject({ code: 0 });
  await chmod(join(folder, 'piped'), 0o555);
  const running = start(piped, user);
  expect((await running.until('waiting'))['reason']).toBe(
    'still reading standard input to check that it has not changed since the run began: 10 s so far',
  );
  running.child.stdin!.end(fasta);
  const { code, lines } = await running.ended;
  expect([code, lines.at(-1)]).toMatchObject([0, { already: true }]);
});

test('a folder that may not even be entered is refused as one', async () => {
  if (process.getuid?.() !== 0) return;
  await chmod(out, 0o000);
  const { code, stderr } = await holdfast(line, '', user);
  expect([code, stderr]).toEqual([
    2,
    expect.stringMatching(/out: the output folder cannot be written to \(EACCES: /),
  ]);
  await chmod(out, 0o755);
  await rm(out, { recursive: true });
});
