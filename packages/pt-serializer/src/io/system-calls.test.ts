import { existsSync, readFileSync, statSync } from 'node:fs';
import { type FileHandle, mkdtemp, open, readFile, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import type { LazyTensor } from '../tensors/lazy-tensor.js';
import { tensor } from '../tensors/pt-value.js';
import { encodePt, writePt } from '../write.js';
import { FileSource } from './file-source.js';
import { LARGE, useHugePages } from './system-calls.js';

const SIZE = LARGE + 12_345;
const data = Uint8Array.from({ length: SIZE }, (_, i) => i % 251);

const newPath = async () => join(await mkdtemp(join(tmpdir(), 'pt-')), 'large.pt');
const reserved = (path: string) => statSync(path).blocks * 512;

/** Writes a large tensor; returns the reserved space and the file's length when its bytes were requested. */
async function written(path: string, file: FileHandle) {
  const seen: { reserved: number; size: number }[] = [];
  function* pieces() {
    seen.push({ reserved: reserved(path), size: statSync(path).size });
    yield data;
  }
  await writePt(file, { rows: tensor('uint8', [SIZE], pieces) });
  await file.close();
  return seen[0]!;
}

/** Whether space is reserved on this file system; logs it if not. */
async function reserves(path: string): Promise<boolean> {
  const ext4 = process.platform === 'linux' && (await statfs(dirname(path))).type === 0xef53;
  if (!ext4) console.warn('LEFT OUT: the folder for temporary files is not on ext4');
  return ext4;
}

afterEach(() => {
  vi.doUnmock('koffi');
  vi.resetModules();
});

test('space is reserved before a large file is written, does not show in its length, and does not outlive it', async () => {
  const path = await newPath();
  if (!(await reserves(path))) return;
  const before = await written(path, await open(path, 'w'));
  expect(before.reserved).toBeGreaterThanOrEqual(SIZE);
  expect(before.size).toBeLessThan(4096);
  expect(reserved(path)).toBeLessThan(statSync(path).size + 65_536);
  expect(Buffer.compare(await readFile(path), await encodePt({ rows: tensor('uint8', [SIZE], data) }))).toBe(
    0,
  );
});

test('space is also reserved for an append, but only at the end of the file', async () => {
  const path = await newPath();
  if (!(await reserves(path))) return;
  const before = Buffer.alloc(1_000_000, 'before');
  await writeFile(path, before);
  const appending = await open(path, 'a');
  await appending.write('more');
  expect((await written(path, appending)).reserved).toBeGreaterThanOrEqual(before.length + SIZE);
  const now = await readFile(path);
  expect(now.subarray(0, before.length + 6).equals(Buffer.concat([before, Buffer.from('morePK')]))).toBe(
    true,
  );

  await writeFile(path, 'before');
  expect((await written(path, await open(path, 'r+'))).reserved).toBeLessThan(65_536);
});

test.each<[string, () => Iterable<Uint8Array>, string]>([
  [
    'pieces fail',
    function* () {
      yield data.subarray(0, 10_000);
      throw new Error('no more');
    },
    'no more',
  ],
  ['fewer bytes than announced', () => [data.subarray(0, 10_000)], 'were announced'],
])('what is reserved is given back when %s', async (_, pieces, message) => {
  const path = await newPath();
  if (!(await reserves(path))) return;
  const file = await open(path, 'w');
  await file.write('before');
  const value = { rows: tensor('uint8', [SIZE], pieces) };
  await expect(writePt(file, value, { sync: true })).rejects.toThrow(message);
  expect(statSync(path).size).toBeGreaterThan(10_000);
  expect(reserved(path)).toBeLessThan(65_536);
  await file.close();
  expect((await readFile(path)).toString('latin1', 0, 8)).toBe('beforePK');
});

test('memory for a large read comes in large pages and has the bytes that were read', async () => {
  const memory = Buffer.allocUnsafeSlow(SIZE);
  await useHugePages(memory);
  if (existsSync('/sys/kernel/mm/transparent_hugepage')) {
    const { address } = await import('koffi');
    expect(flagsAt(address(memory) + BigInt(LARGE / 2))).toContain('hg');
  } else console.warn('LEFT OUT: this machine has no large pages');

  const path = await newPath();
  await writeFile(path, data);
  const file = await FileSource.open(path);
  expect(Buffer.compare(await file.read(7, SIZE - 7), data.subarray(7))).toBe(0);
  await file.close();
});

/** The flags of the mapping that contains an address. */
function flagsAt(address: bigint): string[] {
  let inside = false;
  for (const line of readFileSync('/proc/self/smaps', 'utf8').split('\n')) {
    const range = /^([0-9a-f]+)-([0-9a-f]+) /.exec(line);
    if (range) inside = BigInt(`0x${range[1]}`) <= address && address < BigInt(`0x${range[2]}`);
    else if (inside && line.startsWith('VmFlags:')) return line.split(/\s+/);
  }
  return [];
}

const refusing = () => -1;
test.each<[string, () => object]>([
  [
    'is not installed',
    () => {
      throw new Error('Cannot find package');
    },
  ],
  [
    'finds no such function',
    () => ({
      load: () => {
        throw new Error('Failed to find symbol');
      },
    }),
  ],
  [
    'throws',
    () => ({
      load: () => ({
        func: () => () => {
          throw new Error('Unexpected value');
        },
      }),
      address: () => 16n,
    }),
  ],
  ['is refused by the system', () => ({ load: () => ({ func: () => refusing }), address: () => 16n })],
])('a large file is written and read the same where what makes the calls %s', async (_, koffi) => {
  vi.resetModules();
  vi.doMock('koffi', koffi);
  const { openPt, tensor, writePt } = await import('../index.js');
  const path = await newPath();
  const file = await open(path, 'w');
  await writePt(file, { rows: tensor('uint8', [SIZE], data) }, { sync: true });
  await file.close();
  const opened = await openPt(path);
  const rows = (opened.value as Map<string, LazyTensor>).get('rows')!;
  expect(Buffer.compare(await rows.readBytes(), data)).toBe(0);
  await opened.close();
});

test('small files are written and read without looking up the calls', async () => {
  vi.resetModules();
  const load = vi.fn(() => ({}));
  vi.doMock('koffi', load);
  const { encodePt, openPt, tensor, writePt } = await import('../index.js');
  const value = { rows: tensor('uint8', [LARGE - 1], data.subarray(1, LARGE)) };
  const path = await newPath();
  const file = await open(path, 'w');
  await writePt(file, value);
  await file.close();
  const opened = await openPt(path);
  await opened.verify();
  await opened.close();
  expect((await encodePt(value)).length).toBe(statSync(path).size);
  expect(load).not.toHaveBeenCalled();
});
