import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { recordsOf } from '../../testing/records-of.js';
import { sample } from '../../testing/sample.js';
import { openInput } from '../open-input.js';

const FIXTURES = fileURLToPath(new URL('../../../test/fixtures/', import.meta.url));
const whole = sample();
const fixtures = new Map<string, Buffer>();
beforeAll(async () => {
  for (const name of await readdir(FIXTURES))
    if (name.startsWith('sample')) fixtures.set(name, await readFile(join(FIXTURES, name)));
  expect(fixtures.size).toBe(10);
});

/** Reads compressed bytes in pieces of a pipe. */
async function read(bytes: Uint8Array, size = 65_536): Promise<Buffer> {
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  );
  const input = await openInput('-', { stdin: Readable.from(pieces) });
  try {
    const parts: Uint8Array[] = [];
    for await (const part of input.chunks()) parts.push(Uint8Array.from(part));
    expect((await input.digest()).bytes).toBe(bytes.length);
    return Buffer.concat(parts);
  } finally {
    input.close();
  }
}

test('files of the original programs give back what was compressed, in any pieces', async () => {
  for (const [name, bytes] of fixtures)
    for (const size of [7, 1000, bytes.length])
      expect([name, size, (await read(bytes, size)).equals(whole)]).toEqual([name, size, true]);
});

test('the records of a file are the same in every compression', async () => {
  const due = recordsOf(whole);
  expect(due.records).toHaveLength(60);
  for (const [name, bytes] of fixtures) expect([name, recordsOf(await read(bytes))]).toEqual([name, due]);
});

test('the name does not matter', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'decoders-'));
  const path = join(folder, 'plain.fa.gz');
  await writeFile(path, fixtures.get('sample.xz')!);
  const input = await openInput(path);
  let bytes = 0;
  for await (const part of input.chunks()) bytes += part.length;
  input.close();
  expect(bytes).toBe(whole.length);
});

const kinds = [
  ['bzip2', 'sample.9.bz2'],
  ['xz', 'sample.blocks.xz'],
  ['zstd', 'sample.zst'],
] as const;

test.each(kinds)('%s of several parts is read as one', async (_, name) => {
  const part = fixtures.get(name)!;
  for (const size of [999, 1 << 20])
    expect((await read(Buffer.concat([part, part]), size)).equals(Buffer.concat([whole, whole]))).toBe(true);
});

test.each(['sample.1.bz2', ...kinds.map(([, name]) => name)])(
  '%s that is cut at any byte is told as truncated',
  async (name) => {
    const bytes = fixtures.get(name)!;
    const ends = [
      6,
      7,
      12,
      13,
      20,
      50,
      bytes.length >> 1,
      ...Array.from({ length: 30 }, (_, i) => bytes.length - 1 - i),
    ];
    for (const end of ends)
      await expect(read(bytes.subarray(0, end)), `${end}`).rejects.toMatchObject({
        name: 'InputError',
        code: 'bad_compression',
        message: expect.stringMatching(/^standard input: the \w+ data is truncated; copy or download/),
      });
  },
);

test.each([
  'sample.1.bz2',
  'sample.9.bz2',
  'sample.xz',
  'sample.sha256.xz',
  'sample.blocks.xz',
  'sample.zst',
  'sample.stdin.zst',
])(
  '%s with any changed byte is refused, or gives back what was compressed',
  async (name) => {
    const bytes = fixtures.get(name)!;
    const change = fc.record({ at: fc.nat(bytes.length - 1), flip: fc.integer({ min: 1, max: 255 }) });
    const ends = fc.record({
      at: fc.integer({ min: 1, max: 60 }).map((back) => bytes.length - back),
      flip: fc.integer({ min: 1, max: 255 }),
    });
    const starts = fc.record({ at: fc.nat(80), flip: fc.integer({ min: 1, max: 255 }) });
    const property = fc.asyncProperty(fc.oneof(change, ends, starts), async ({ at, flip }) => {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= flip;
      try {
        const text = await read(damaged);
        // Without its first bytes it is not told to be compressed, and is no FASTA either.
        if (!text.equals(damaged)) expect(text.equals(whole)).toBe(true);
        else expect(at).toBeLessThan(6);
      } catch (error) {
        expect(error).toMatchObject({ name: 'InputError', file: '-' });
        expect((error as Error).message).toMatch(/(truncated|damaged|gzip|by hand|zip data)/);
      }
    });
    await fc.assert(property, { numRuns: 120 });
  },
  60_000,
);

test.each(kinds)('%s with other data behind it is refused', async (_, name) => {
  for (const more of ['>a\nACGT\n', 'x', '\0'])
    await expect(read(Buffer.concat([fixtures.get(name)!, Buffer.from(more)]))).rejects.toMatchObject({
      code: 'bad_compression',
    });
});

test('zeros behind xz are padding, four by four', async () => {
  const bytes = fixtures.get('sample.xz')!;
  expect((await read(Buffer.concat([bytes, Buffer.alloc(8), bytes]))).length).toBe(2 * whole.length);
  await expect(read(Buffer.concat([bytes, Buffer.alloc(6)]))).rejects.toMatchObject({
    code: 'bad_compression',
  });
});

test('bytes to be skipped between frames of zstd are skipped', async () => {
  const bytes = fixtures.get('sample.22.zst')!;
  const skipped = Buffer.concat([Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 5, 0, 0, 0]), Buffer.from('hello')]);
  const all = Buffer.concat([bytes, skipped, bytes, skipped]);
  expect((await read(all, 3)).length).toBe(2 * whole.length);
});

test('gzip with an empty last member, as bgzip writes it, is whole', async () => {
  // The end mark of bgzip: an empty member with an extra field.
  const end = Buffer.from('1f8b08040000000000ff0600424302001b0003000000000000000000', 'hex');
  for (const last of [end, gzipSync('')])
    for (const size of [1, 100])
      expect((await read(Buffer.concat([gzipSync('>a\nAC'), gzipSync('GT\n'), last]), size)).toString()).toBe(
        '>a\nACGT\n',
      );
});

test('data that asks for endless memory is refused before any is taken', async () => {
  const window = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xf8, 0x01, 0x00, 0x00]);
  await expect(read(window)).rejects.toThrow(
    /zstd data is damaged \(it needs a window of \d+ MiB, and at most 128/,
  );
  const content = Buffer.concat([
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xe0]),
    Buffer.alloc(8, 0xff),
    Buffer.alloc(9),
  ]);
  await expect(read(content)).rejects.toThrow(/it needs a window of/);
  const xz = Buffer.from(fixtures.get('sample.xz')!);
  // The header of the first block: LZMA2, with the largest dictionary.
  const at = xz.indexOf(Buffer.from([0x21, 0x01])) + 2;
  xz[at] = 40;
  const { crc32 } = await import('node:zlib');
  xz.writeUInt32LE(crc32(xz.subarray(12, 20)), 20);
  await expect(read(xz)).rejects.toThrow(
    /xz data is damaged \(it needs a dictionary of 4096 MiB, and at most 128/,
  );
});

test('a failed read is told as such', async () => {
  for (const [name, bytes] of fixtures) {
    const cause = Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
    const stdin = Readable.from(
      (async function* () {
        yield bytes.subarray(0, 2000);
        throw cause;
      })(),
    );
    const input = await openInput('-', { stdin });
    const drain = async () => {
      for await (const _ of input.chunks());
    };
    await expect(drain(), name).rejects.toMatchObject({ code: 'read_failed', cause });
    input.close();
  }
});
