import { spawnSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { freshFolder, windows } from './command.js';

// A disk that is full at different moments of a run. Whatever was being written, scripts see the same exit code, and people the
// file and what to do.

const mountable = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;
if (!mountable) console.warn('LEFT OUT: a small file system cannot be made on this machine');

const BIN = fileURLToPath(new URL('../bin/holdfast.js', import.meta.url));
const at = (path: string) => fileURLToPath(new URL(`../../../packages/${path}`, import.meta.url));
const PROTEINS = at('gpu-runtime/test/fixtures/globins45.faa');
const ESM2 = at('model-zoo/test/fixtures/esm2_tiny_hf');

/** Runs the command on a disk of that size, and again once there is more room. */
async function onSmallDisk(size: string, input: string): Promise<[code: string, said: string, more: string]> {
  const disk = join(await freshFolder(), 'disk');
  await mkdir(disk);
  const script = `
    mount -t tmpfs -o "size=$1" none "$2" || exit 9
    run() { "$3" "$4" embed "$5" --progress json --out "$2/out" --workers 2 --shards 2 --seq-threshold 300 --ignore-disk-space --on-full-disk stop; }
    run "$@" > "$2.log" 2> "$2.err"; echo "code $?"
    mount -o remount,size=64m "$2"
    run "$@" > "$2.more"; echo "code $?"
    cat "$2.err" "$2.log"`;
  const { stdout } = spawnSync(
    'unshare',
    ['-rm', 'sh', '-c', script, 'sh', size, disk, process.execPath, BIN, input],
    {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    },
  );
  const [code = '', more = '', ...said] = stdout.split('\n');
  return [code, said.join('\n'), more];
}

let input: string;
beforeAll(async () => {
  input = await windows(3000);
});

describe.runIf(mountable)(
  'with --on-full-disk stop, a full disk ends with exit code 1 whatever was being written, names the file and the remedy, and costs nothing',
  () => {
    test.each([
      ['64k', 'residues.bin', 'start'],
      ['840k', 'manifest.json', 'resume'],
      ['1200k', '', 'resume'],
      ['2200k', '', 'resume'],
      ['3m', 'embeddings.safetensors', 'resume'],
    ] as const)('a disk of %s', async (size, file, go) => {
      const [code, said, more] = await onSmallDisk(size, input);
      expect([size, code, more]).toEqual([size, 'code 1', 'code 0']);
      const [last = '', ...events] = said.split('\n');
      expect(last).toMatch(
        new RegExp(
          `^holdfast: .*ENOSPC: no space left on device, \\w+ '[^']*${file}[^']*'.*make room there, then rerun the same command to ${go}$`,
        ),
      );
      // Workers try again before the run ends; people hear of it before that.
      const failed = events.findIndex((line) => line.includes('"failed"') && line.includes('ENOSPC'));
      if (failed >= 0)
        expect(events[failed + 1]).toMatch(/"warning","message":"the disk is full \(.*make room there/);
    });
  },
);

describe.runIf(mountable)('a full cache', () => {
  test('int8 names the cache, the variable and the room that it needs; with room, the same command begins', async () => {
    const folder = await freshFolder();
    const disk = join(folder, 'disk');
    await mkdir(disk);
    const script = `
      mount -t tmpfs -o size=16k none "$1" || exit 9
      run() { HOLDFAST_CACHE="$1" "$2" "$3" embed "$4" --out "$5" --model "$6" --precision int8 --workers 1; }
      run "$@" > "$5.log" 2> "$5.err"; echo "code $?"; ls -A "$1/int8"
      mount -o remount,size=64m "$1"
      run "$@" > "$5.more"; echo "code $?"
      cat "$5.err"`;
    const { stdout } = spawnSync(
      'unshare',
      ['-rm', 'sh', '-c', script, 'sh', disk, process.execPath, BIN, PROTEINS, join(folder, 'out'), ESM2],
      { encoding: 'utf8' },
    );
    expect(stdout).toMatch(
      /^code 1\ncode 0\nholdfast: .*\/disk\/int8: this folder of Holdfast's cache cannot take [\d.]+ kB .*\(ENOSPC: no space left on the device, .* are free\); make room for [\d.]+ kB there, or set HOLDFAST_CACHE to a folder with room, then rerun the same command\n$/,
    );
  });
});
