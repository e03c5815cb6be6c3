import { execFileSync } from 'node:child_process';
import { mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, expect, test } from 'vitest';
import { checkInputs } from './check-inputs.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'check-inputs-'));
});

async function file(bytes: Uint8Array | string, name = 'in.fa'): Promise<string> {
  await writeFile(join(folder, name), bytes);
  return join(folder, name);
}

test('FASTA, FASTQ, compressed ones, blank beginnings, comments and standard input pass', async () => {
  await checkInputs([
    '-',
    await file('>a\nA\n', 'a'),
    await file(gzipSync('\n>a\nA\n'), 'b'),
    await file('\ufeff\r\n \t>a\nA\n', 'c'),
    await file('@a\nA\n+\nI\n', 'fastq'),
    await file(gzipSync('@a\nA\n+\nI\n'), 'fastq.gz'),
    await file('BZh91AY', 'bz2'),
    await file('; a comment\n>a\nA\n', 'comment'),
    await file('\n'.repeat(10_000), 'd'),
    await file(gzipSync(Buffer.from(`>a\n${'ACGTTGCAAT'.repeat(100_000)}`)), 'e'),
  ]);
});

test('a pipe is not read', async () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  await checkInputs([pipe]);
});

test.each<[string, () => Promise<string>, string]>([
  ['a missing file', async () => join(folder, 'none'), 'not_found'],
  ['a folder', async () => folder, 'is_directory'],
  ['a file as a folder', async () => join(await file('>a'), 'x'), 'not_found'],
  ['an empty file', () => file(''), 'empty'],
  ['text', () => file('hello'), 'not_fasta'],
  ['gzipped text', () => file(gzipSync('hello')), 'not_fasta'],
  ['zip', () => file('PK\u0003\u0004'), 'compressed'],
])('refused: %s', async (_, make, code) => {
  const path = await make();
  await expect(checkInputs([await file('>a\nA\n', 'good'), path])).rejects.toMatchObject({
    name: 'InputError',
    code,
    file: path,
  });
});

test('all inputs that cannot be used are told at once', async () => {
  const [none, text] = [join(folder, 'none'), await file('hello', 'text')];
  const error = await checkInputs([none, await file('>a\nA\n', 'good'), text]).catch(
    (thrown: Error) => thrown,
  );
  expect(error).toMatchObject({ name: 'InputError', code: 'bad_records' });
  expect((error as Error).message.split('\n')).toEqual([
    '2 inputs cannot be read:',
    `  ${none}: no such file; check the path`,
    expect.stringMatching(`^  ${text}: not FASTA: `),
  ]);
});

test('a socket is refused', async () => {
  const path = join(folder, 's');
  const server = createServer();
  await new Promise<void>((done) => server.listen(path, done));
  await expect(checkInputs([path])).rejects.toMatchObject({ code: 'not_a_file' });
  server.close();
});

test('standard input may be given once', async () => {
  await checkInputs(['-']);
  await expect(checkInputs(['-', '-'])).rejects.toMatchObject({
    code: 'stdin_twice',
    message: 'standard input: "-" is given more than once, but can be read only once',
  });
});

test('a file may be given once, by any name; two files may have the same content', async () => {
  const [a, b] = [await file('>a\nA\n', 'a'), await file('>a\nA\n', 'b')];
  await checkInputs([a, b]);
  await symlink(a, join(folder, 'link'));
  for (const again of [a, join(folder, '.', 'a'), `${folder}/./a`, join(folder, 'link')])
    await expect(checkInputs([b, a, again])).rejects.toMatchObject({
      code: 'given_twice',
      message: `${again}: the same file is already given as ${a}; name each file once`,
    });
});

test('a message is one line even if the file name is not', async () => {
  const error = await checkInputs(['no\nsuch\u001b[31m']).catch((thrown: Error) => thrown);
  expect((error as Error).message).toBe('no\\x0asuch\\x1b[31m: no such file; check the path');
});
