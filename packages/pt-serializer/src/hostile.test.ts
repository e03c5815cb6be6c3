import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { openPt, PtFormatError } from './index.js';
import { ZipWriter } from './zip-writer.js';

let path: string;
let whole: Buffer;
beforeAll(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'pt-')), 'hostile.pt');
  whole = await readFile(fileURLToPath(new URL('../test/fixtures/strided_views.pt', import.meta.url)));
});

/** Reads a file through, tensors too; the error if it is refused. */
async function read(bytes: Uint8Array): Promise<unknown> {
  await writeFile(path, bytes);
  try {
    await using file = await openPt(path);
    await file.verify();
    return null;
  } catch (error) {
    return error;
  }
}

/** A whole archive around a pickle. */
async function archive(pickle: string, others: Record<string, string> = {}): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  const zip = new ZipWriter({ write: async (bytes) => void pieces.push(bytes.slice()) });
  for (const [name, text] of Object.entries({ 'a/data.pkl': pickle, 'a/version': '3\n', ...others })) {
    const bytes = Buffer.from(text, 'latin1');
    await zip.add(name, bytes.length, [bytes]);
  }
  await zip.finish();
  return Buffer.concat(pieces);
}

test('a file cut off anywhere is refused with a typed error', async () => {
  for (let length = 0; length < whole.length; length++) {
    expect(await read(whole.subarray(0, length)), `${length} bytes`).toBeInstanceOf(PtFormatError);
  }
});

test('a flipped bit is refused with a typed error or changes nothing that is read', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(7), async (at, bit) => {
      const flipped = Buffer.from(whole);
      flipped[at]! ^= 1 << bit;
      const error = await read(flipped);
      if (error !== null) expect(error).toBeInstanceOf(PtFormatError);
    }),
    { numRuns: 2000 },
  );
});

const system = {
  'GLOBAL and REDUCE': 'cos\nsystem\n(X\x04\x00\x00\x00trueetR.',
  STACK_GLOBAL: '\x8c\x02os\x8c\x06system\x93.',
};
for (const [how, pickle] of Object.entries(system)) {
  test(`os.system by ${how} is refused by name`, async () => {
    const error = await read(await archive(`\x80\x02${pickle}`));
    expect(error).toMatchObject({ code: 'forbidden', path, member: 'a/data.pkl' });
    expect((error as Error).message).toContain('os.system');
  });
}

test.each([
  ['an opcode of protocol 0', '\x80\x02(ios\nsystem\n.'],
  ['a length beyond the file', '\x80\x02X\xff\xff\xff\x7fab.'],
  ['an empty stack', '\x80\x02a.'],
  ['a memo slot that was never filled', '\x80\x02h\x07.'],
  ['two values at the end', '\x80\x02NN.'],
  ['bytes after the end', '\x80\x02N.N'],
  ['a key without a value', '\x80\x02}(Nu.'],
  ['no end', '\x80\x02N'],
])('a pickle with %s is refused', async (_, pickle) => {
  expect(await read(await archive(pickle))).toMatchObject({ code: 'pickle', member: 'a/data.pkl' });
});

test('members with traversing names or none of torch.save are refused', async () => {
  expect(await read(await archive('\x80\x02N.', { 'a/../../etc/passwd': 'x' }))).toMatchObject({
    code: 'zip',
  });
  expect(await read(await archive('\x80\x02N.', { 'a/constants.pkl': 'x' }))).toMatchObject({
    code: 'unsupported',
  });
});
