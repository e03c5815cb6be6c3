import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { archive } from '../test/archive.js';
import { normal } from '../test/digest.js';
import { PtFormatError } from './format-error.js';
import { openPt } from './open.js';
import { OP } from './pickle/opcodes.js';
import type { LazyTensor } from './tensors/lazy-tensor.js';
import { tensor } from './tensors/pt-value.js';
import { encodePt } from './write.js';

let path: string;
let whole: Buffer;
beforeAll(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'pt-')), 'hostile.pt');
  whole = await readFile(fixture('strided_views.pt'));
});

function fixture(name: string): string {
  return fileURLToPath(new URL(`../test/fixtures/${name}`, import.meta.url));
}

/**
 * The content of a file, read in full, or the error that refuses it. Any other error fails the test.
 */
async function read(bytes: Uint8Array): Promise<unknown> {
  await writeFile(path, bytes);
  try {
    await using file = await openPt(path);
    await file.verify();
    return await normal(file.value);
  } catch (error) {
    if (error instanceof PtFormatError) return error;
    throw error;
  }
}

test('a file truncated anywhere is refused with a typed error', async () => {
  for (let length = 0; length < whole.length; length++) {
    expect(await read(whole.subarray(0, length)), `${length} bytes`).toBeInstanceOf(PtFormatError);
  }
});

test('a flipped bit is refused with a typed error, or does not change what is read', async () => {
  const sound = await read(whole);
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(7), async (at, bit) => {
      const flipped = Buffer.from(whole);
      flipped[at]! ^= 1 << bit;
      const found = await read(flipped);
      if (!(found instanceof PtFormatError)) expect(found).toEqual(sound);
    }),
    { numRuns: 2000 },
  );
});

/**
 * The pickle and the storages of a fixture; all are uncompressed and of 64-byte alignment, so they are found
 * by name.
 */
async function opened(name: string) {
  const bytes = await readFile(fixture(name));
  const members: Record<string, string> = {};
  for (const at of centralEntries(bytes)) {
    const nameLength = bytes.readUInt16LE(at + 28);
    const member = bytes.toString('latin1', at + 46, at + 46 + nameLength).replace(/^[^/]+/, 'a');
    const local = bytes.readUInt32LE(at + 42);
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    members[member] = bytes.toString('latin1', start, start + bytes.readUInt32LE(at + 20));
  }
  return members;
}

test.each([
  'strided_views.pt',
  'numpy_kinds_p2.pt',
  'numpy_kinds_p4.pt',
  'metadata_values_p4.pt',
  'parameter.pt',
])('the pickle of %s, altered under right checksums, is read or refused with a typed error', async (name) => {
  const { 'a/data.pkl': pickle = '', ...others } = await opened(name);
  expect(await read(await archive(pickle, others))).not.toBeInstanceOf(PtFormatError);
  const opcode = fc.constantFrom(...Object.values(OP));
  const edits = fc.array(
    fc.tuple(fc.nat(pickle.length - 1), fc.oneof(opcode, fc.nat(255)), fc.constantFrom(0, 1, 2)),
    { minLength: 1, maxLength: 3 },
  );
  await fc.assert(
    fc.asyncProperty(edits, async (changes) => {
      let altered = pickle;
      for (const [at, byte, removed] of changes) {
        altered = altered.slice(0, at) + String.fromCharCode(byte) + altered.slice(at + removed);
      }
      await read(await archive(altered, others));
    }),
    { numRuns: 600 },
  );
});

test('members with traversing names, code, or an unknown byte order are refused', async () => {
  const refused = async (others: Record<string, string>) => read(await archive('\x80\x02N.', others));
  expect(await refused({ 'a/../../etc/passwd': 'x' })).toMatchObject({ code: 'zip' });
  expect(await refused({ 'a/b\\c': 'x' })).toMatchObject({ code: 'zip' });
  expect(await refused({ 'a/byteorder': 'middle' })).toMatchObject({ code: 'zip', member: 'a/byteorder' });
  expect(await refused({ 'a/constants.pkl': 'x' })).toMatchObject({ code: 'unsupported' });
});

test('other containers of PyTorch are refused by name', async () => {
  const tar = Buffer.alloc(1024);
  tar.write('ustar', 257);
  expect(await read(tar)).toMatchObject({ code: 'unsupported', path });
  expect(await read(Buffer.from('PYTORCH1 and more'))).toMatchObject({ code: 'unsupported', path });
});

/** Offsets of every entry of the central directory. */
function centralEntries(bytes: Buffer): number[] {
  const found: number[] = [];
  for (let at = bytes.indexOf('PK\x01\x02'); at >= 0; at = bytes.indexOf('PK\x01\x02', at + 4))
    found.push(at);
  return found;
}

test.each<[string, string, (bytes: Buffer) => void]>([
  [
    'claims more members than it has',
    'central entry',
    (bytes) => bytes.writeUInt16LE(60_000, bytes.length - 12),
  ],
  ['claims fewer', 'more than its members', (bytes) => bytes.writeUInt16LE(2, bytes.length - 12)],
  [
    'contains a compressed member',
    'compressed',
    (bytes) => bytes.writeUInt16LE(8, centralEntries(bytes)[0]! + 10),
  ],
  [
    'contains an encrypted member',
    'encrypted',
    (bytes) => bytes.writeUInt16LE(1, centralEntries(bytes)[0]! + 8),
  ],
  ['gives two sizes', 'sizes differ', (bytes) => bytes.writeUInt32LE(1, centralEntries(bytes)[0]! + 20)],
  [
    'points to another header',
    'local header',
    (bytes) => bytes.writeUInt32LE(0, centralEntries(bytes)[1]! + 42),
  ],
  [
    'names a member as its header does not',
    'local header',
    (bytes) => bytes.write('b', bytes.indexOf('a/data.pkl')),
  ],
  [
    'names two members alike',
    'two members',
    (bytes) =>
      bytes.copyWithin(
        centralEntries(bytes)[3]! + 46,
        centralEntries(bytes)[2]! + 46,
        centralEntries(bytes)[2]! + 54,
      ),
  ],
])('a directory that %s is refused for it', async (_, reason, damage) => {
  const bytes = Buffer.from(await archive('\x80\x02N.', { 'a/data/0': 'x', 'a/data/1': 'y' }));
  damage(bytes);
  const error = await read(bytes);
  expect(error).toMatchObject({ code: 'zip', path });
  expect((error as Error).message).toContain(reason);
});

test('a member inside another is refused', async () => {
  const inner = Buffer.from(await archive('x')).subarray(0, 64);
  const header = inner.toString('latin1').replace('a/data.pkl', 'a/inner.xx');
  const bytes = Buffer.from(await archive('\x80\x02N.', { 'a/outer': `${header}y`, 'a/inner.xx': 'y' }));
  const last = centralEntries(bytes).at(-1)!;
  bytes.writeUInt32LE(bytes.indexOf(header, 0, 'latin1'), last + 42);
  const error = await read(bytes);
  expect(error).toMatchObject({ code: 'zip' });
  expect((error as Error).message).toContain('overlap');
});

test('a damaged pickle does not open; a damaged tensor opens but is refused when it is read whole', async () => {
  const bytes = Buffer.from(
    await encodePt({ ids: ['intact'], rows: tensor('uint8', [4], Buffer.from('rows')) }),
  );
  const damaged = (text: string) => {
    const copy = Buffer.from(bytes);
    copy[copy.indexOf(text)]! ^= 1;
    return writeFile(path, copy);
  };
  await damaged('intact');
  await expect(openPt(path)).rejects.toMatchObject({ code: 'checksum', path, member: 'archive/data.pkl' });
  await damaged('rowsPK');
  await using file = await openPt(path);
  const rows = (file.value as Map<string, LazyTensor>).get('rows')!;
  await expect(rows.readBytes()).rejects.toMatchObject({ code: 'checksum', path, member: 'archive/data/0' });
  await expect(file.verify()).rejects.toMatchObject({ code: 'checksum', path, member: 'archive/data/0' });
});
