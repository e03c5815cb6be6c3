import { createHash } from 'node:crypto';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeEach, expect, test } from 'vitest';
import { hashInput, openInput } from './open-input.js';
import type { InputOptions } from './raw-stream.js';
import { asInputError } from './unreadable-input.js';

const lambda = fileURLToPath(
  new URL('../../../../apps/runner/test/fixtures/lambda_virus.fa.gz', import.meta.url),
);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'open-input-'));
});

async function file(bytes: Uint8Array | string, name = 'in.fa'): Promise<string> {
  await writeFile(join(folder, name), bytes);
  return join(folder, name);
}

async function read(path: string, options?: InputOptions) {
  const input = await openInput(path, options);
  try {
    const parts: Uint8Array[] = [];
    for await (const chunk of input.chunks()) parts.push(chunk);
    return { text: Buffer.concat(parts), digest: await input.digest() };
  } finally {
    input.close();
  }
}

test('a plain file is read unchanged, with the digest of its bytes', async () => {
  const bytes = Buffer.alloc(1_000_000, '>a\nACGT\n');
  const path = await file(bytes);
  const { text, digest } = await read(path);
  expect(text.equals(bytes)).toBe(true);
  expect(digest).toEqual({ bytes: 1_000_000, sha256: sha256(bytes) });
  expect(await hashInput(path)).toEqual(digest);
});

test('gzip is recognized by content, not by name, and the digest is of the raw bytes', async () => {
  const raw = await readFile(lambda);
  const { text, digest } = await read(await file(raw, 'plain.fa'));
  expect(text.equals(gunzipSync(raw))).toBe(true);
  expect(digest).toEqual({ bytes: raw.length, sha256: sha256(raw) });
  const plain = await read(await file('>a\nA\n', 'named.gz'));
  expect(plain.text.toString()).toBe('>a\nA\n');
});

test('gzip of many members with padding, in any chunks of a pipe', async () => {
  const members = ['>a\nAC', 'GT\n', '', '>b\nA\n'].map((text) => gzipSync(text));
  const raw = Buffer.concat([...members, Buffer.alloc(700)]);
  for (const size of [1, 3, 19, 30, raw.length]) {
    const pieces = Array.from({ length: Math.ceil(raw.length / size) }, (_, i) =>
      raw.subarray(i * size, (i + 1) * size),
    );
    const { text, digest } = await read('-', { stdin: Readable.from(pieces) });
    expect(text.toString()).toBe('>a\nACGT\n>b\nA\n');
    expect(digest).toEqual({ bytes: raw.length, sha256: sha256(raw) });
  }
});

test('gzip truncated at any byte is refused and names the file', async () => {
  const first = gzipSync('>a\nACGT\n');
  const raw = Buffer.concat([first, gzipSync('>b\nACGT\n')]);
  for (const length of [2, 9, first.length - 1, first.length + 2, first.length + 12, raw.length - 1]) {
    const path = await file(raw.subarray(0, length));
    await expect(read(path)).rejects.toMatchObject({
      name: 'InputError',
      code: 'bad_gzip',
      file: path,
      message: `${path}: the gzip data is truncated; copy or download the file again`,
    });
  }
});

test('damaged gzip and data after its padding are refused', async () => {
  const raw = gzipSync(Buffer.alloc(5000, 'ACGTTGCA'));
  raw[raw.length - 6]! ^= 1;
  await expect(read(await file(raw))).rejects.toMatchObject({
    code: 'bad_gzip',
    message: expect.stringContaining('damaged'),
  });
  for (const padding of [1, 600_000]) {
    const hidden = Buffer.concat([gzipSync('>a\nA\n'), Buffer.alloc(padding), gzipSync('>b\nA\n')]);
    await expect(read(await file(hidden))).rejects.toMatchObject({
      code: 'bad_gzip',
      message: expect.stringContaining('other data follows the gzip data at byte'),
    });
  }
  await expect(
    read(await file(Buffer.concat([gzipSync('>a\nA\n'), Buffer.from('>b\nA\n')]))),
  ).rejects.toMatchObject({
    code: 'bad_gzip',
  });
});

test('zip is recognized, and the error names the remedy', async () => {
  const path = await file(Buffer.from('PK\x03\x04\x14', 'latin1'));
  await expect(read(path)).rejects.toMatchObject({
    code: 'compressed',
    message: `${path}: this is zip data; decompress first: e.g. \`unzip -p ${path} | holdfast embed - …\``,
  });
});

test('files shorter than the longest magic are read', async () => {
  for (const text of ['', '>', '>a\nA']) expect((await read(await file(text))).text.toString()).toBe(text);
});

test('a missing file, a folder, and a system error are input errors', async () => {
  await expect(openInput(join(folder, 'none'))).rejects.toMatchObject({ code: 'not_found' });
  await expect(read(folder)).rejects.toMatchObject({ code: 'is_directory', file: folder });
  await expect(hashInput(join(folder, 'none'))).rejects.toMatchObject({ code: 'not_found' });
  const denied = Object.assign(new Error('denied'), { code: 'EACCES' });
  expect(asInputError('x.fa', denied)).toMatchObject({ code: 'not_readable', file: 'x.fa', cause: denied });
});

test('a failed read is an input error with its cause', async () => {
  const cause = Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
  for (const head of [Buffer.from('>a\nACGTACGT\n'), gzipSync(Buffer.alloc(100_000, 'A')).subarray(0, 40)]) {
    const stdin = Readable.from(
      (async function* () {
        yield head;
        throw cause;
      })(),
    );
    await expect(read('-', { stdin })).rejects.toMatchObject({ code: 'read_failed', file: '-', cause });
  }
});

test('a signal ends the wait for a silent pipe', async () => {
  const controller = new AbortController();
  const reason = new Error('stop');
  const silent = new Readable({ read: () => controller.abort(reason) });
  await expect(read('-', { stdin: silent, signal: controller.signal })).rejects.toBe(reason);
});

test('the digest includes bytes that were not read', async () => {
  const bytes = Buffer.alloc(2_000_000, 'ACGT');
  const input = await openInput(await file(bytes));
  for await (const chunk of input.chunks()) {
    expect(chunk.length).toBeLessThan(bytes.length);
    break;
  }
  expect(await input.digest()).toEqual({ bytes: 2_000_000, sha256: sha256(bytes) });
  input.close();
});
