import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { readShard, writeCheckpoint } from '@holdfast/checkpoint';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { idOf, resume, rowsOf } from '../rows.mjs';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const WRITER = at('../checkpoint-writer.mjs');
const fresh = () => mkdtempSync(join(tmpdir(), 'checkpoints-'));

/** Whether a command works here; says so where it does not. */
function can(what: string, command: string, ...args: string[]): boolean {
  const found = spawnSync(command, args, { stdio: 'ignore' }).status === 0;
  if (!found) console.warn(`LEFT OUT: ${what} cannot be made on this machine`);
  return found;
}

test('writers killed with SIGKILL at random moments lose nothing that was acknowledged', () => {
  const lines = execFileSync(process.execPath, [
    at('../checkpoint-kills.mjs'),
    ...['--out', fresh(), '--kills', '20', '--seed', '7'],
  ]);
  expect(JSON.parse(lines.toString())).toMatchObject({ kills: 20, lost: 0, mislabelled: 0, verdict: 'held' });
});

/** The last number of rows that a writer had acknowledged, and what failed on the way. */
async function watched(child: ChildProcess) {
  const seen = { rows: 0, failed: [] as string[], code: null as number | null };
  createInterface({ input: child.stdout! }).on('line', (line) => {
    if (line.startsWith('ack ')) seen.rows = Number(line.slice(4));
  });
  createInterface({ input: child.stderr! }).on('line', (line) =>
    seen.failed.push(line.replace('failed ', '')),
  );
  [seen.code] = (await once(child, 'close')) as [number | null];
  return seen;
}

const mountable = can('a small file system', 'unshare', '-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt');

test.runIf(mountable)(
  'a full disk fails the write by name, leaves the older ones whole, and is gone on when there is room',
  async () => {
    const folder = fresh();
    const script = `
    mount -t tmpfs -o size=1m none "$1" && mkdir "$1/shard"
    "$2" "$3" "$1/shard" --count 60; echo "code $?"
    ls "$1/shard" | grep -c tmp
    mount -o remount,size=64m "$1"
    "$2" "$3" "$1/shard" --count 60; echo "code $?"
    "$2" --input-type=module -e 'const { resume } = await import(process.argv[1]); console.log(JSON.stringify(await resume(process.argv[2])))' "$4" "$1/shard"`;
    const { stdout, stderr } = spawnSync(
      'unshare',
      ['-rm', 'sh', '-c', script, 'sh', folder, process.execPath, WRITER, at('../rows.mjs')],
      { encoding: 'utf8' },
    );
    expect(stderr).toContain('failed ENOSPC');
    const lines = stdout.split('\n');
    const codes = lines.filter((line) => line.startsWith('code'));
    expect(codes).toEqual(['code 3', 'code 0']);
    // No temp file is left.
    expect(lines[lines.indexOf('code 3') + 1]).toBe('0');
    const before = Number(
      lines
        .slice(0, lines.indexOf('code 3'))
        .findLast((line) => line.startsWith('ack'))!
        .slice(4),
    );
    expect(before).toBeGreaterThan(0);
    const last = Number(lines.findLast((line) => line.startsWith('ack'))!.slice(4));
    expect(JSON.parse(lines.at(-2)!)).toMatchObject({ rows: last, fault: null });
  },
);

test.runIf(mountable)('a folder that cannot be written fails by name, and what is in it stays', async () => {
  const folder = fresh();
  const script = `
    mount -t tmpfs none "$1" && "$2" "$3" "$1" --count 3 && mount -o remount,ro "$1"
    "$2" "$3" "$1" --count 3; echo "code $?"; ls "$1" | wc -l`;
  const args = ['-rm', 'sh', '-c', script, 'sh', folder, process.execPath, WRITER];
  const { stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8' });
  expect(stderr).toContain('failed EROFS');
  expect(stdout.trim().split('\n').slice(-2)).toEqual(['code 3', '6']);
});

const traceable = can(
  'a failing disk (strace)',
  'strace',
  '-f',
  '-e',
  'inject=fsync:error=EIO:when=9',
  'true',
);

/** Watches a writer whose disk fails with `error` on the way, and what a resume finds in its folder. */
async function withFailing(folder: string, child: ChildProcess, error: string) {
  const { rows, failed, code } = await watched(child);
  expect(code).toBe(0);
  expect(failed).toContain(error);
  expect(await resume(folder)).toMatchObject({ rows, fault: null });
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
}

// A checkpoint is four fsyncs (.pt, folder, marker, folder) and two links; strace counts them by thread, of which four share them.
test.runIf(traceable).each([
  ['fsync', 1],
  ['fsync', 2],
  ['fsync', 3],
  ['fsync', 4],
  ['fsync', 5],
  ['fsync', 7],
  ['link', 1],
  ['link', 2],
  ['link', 3],
])('a disk that fails at %s %i loses nothing that was acknowledged', async (call, when) => {
  const folder = fresh();
  // Node itself makes neither call.
  const strace = ['-f', '-qq', '-o', '/dev/null', '-e', `inject=${call}:error=EIO:when=${when}`];
  const child = spawn('strace', [...strace, process.execPath, WRITER, folder, '--count', '8'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await withFailing(folder, child, 'EIO');
});

test('a write that the system breaks off in the middle of a file loses nothing that was acknowledged', async () => {
  const folder = fresh();
  // No file may be longer than 90 KiB (180 blocks); a checkpoint of 400 rows would be.
  const limited = ['-c', 'ulimit -f 180; exec "$@"', 'sh', process.execPath, WRITER, folder];
  const child = spawn('sh', [...limited, '--count', '20', '--seed', '3'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await withFailing(folder, child, 'EFBIG');
});

/** One thing that may happen to a file behind our back. */
const damage = fc.record({
  file: fc.nat(9),
  kind: fc.constantFrom('remove', 'cut', 'flip', 'append', 'empty'),
  place: fc.nat(1_000_000),
});

test('files removed, cut or changed at random are never taken for what they were', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'damage-'));
  const path = (i: number) => join(folder, `batch_0000${i}.pt`);
  const write = async (i: number) => {
    for (const end of ['', '.done']) await rm(path(i) + end, { force: true });
    const ids = [0, 1, 2].map((k) => idOf(3 * i + k));
    await writeCheckpoint(path(i), rowsOf(3 * i, 3), ids, {});
  };
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 4 }), async (damages) => {
      for (let i = 0; i < 5; i++) await write(i);
      const hit = new Set<number>();
      for (const { file, kind, place } of damages) {
        const name = path(file >> 1) + (file % 2 ? '.done' : '');
        const before = await readFile(name).catch(() => null);
        if (before === null || before.length === 0) continue;
        hit.add(file >> 1);
        if (kind === 'remove') await rename(name, `${name}.gone`);
        else if (kind === 'cut') await truncate(name, place % before.length);
        else if (kind === 'empty') await truncate(name, 0);
        else {
          const changed = kind === 'append' ? Buffer.concat([before, Buffer.from('x')]) : Buffer.from(before);
          if (kind === 'flip') changed[place % before.length]! ^= 1 << (place % 8);
          await writeFile(name, changed);
        }
      }
      const taken: number[] = [];
      for await (const entry of readShard(folder, { onCorruption: 'salvage' })) {
        if ('fault' in entry) continue;
        taken.push(entry.index);
        expect(entry.checkpoint.sequenceIds).toEqual([0, 1, 2].map((k) => idOf(3 * entry.index + k)));
        expect(await entry.checkpoint.readRows()).toEqual(rowsOf(3 * entry.index, 3).data);
      }
      // What nobody touched is all there.
      expect(taken).toEqual(expect.arrayContaining([0, 1, 2, 3, 4].filter((i) => !hit.has(i))));
    }),
    { numRuns: 300 },
  );
});
