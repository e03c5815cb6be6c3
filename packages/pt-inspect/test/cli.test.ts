import { spawnSync } from 'node:child_process';
import { mkdtemp, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tensor, writePt } from '@holdfast/pt-serializer';
import { beforeAll, expect, test } from 'vitest';
import { inspect } from '../src/inspect.js';

const CLI = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
const run = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
};

let file: string;
beforeAll(async () => {
  file = join(await mkdtemp(join(tmpdir(), 'pt-inspect-')), 'a.pt');
  await using handle = await open(file, 'w');
  await writePt(handle, { rows: tensor('float32', [1, 3], Float32Array.of(1, 2, 4)) });
});

test.each([
  ['a table', [], { json: false, head: 0 }],
  ['values', ['--head', '2'], { json: false, head: 2 }],
  ['JSON', ['--json'], { json: true, head: 0 }],
] as const)('the command shows %s, as the function does', async (_, args, options) => {
  let expected = '';
  const write = (text: string) => {
    expected += text;
  };
  expect(await inspect({ files: [file], ...options }, { write, error: expect.unreachable })).toBe('read');
  expect(run(...args, file)).toEqual({ status: 0, stdout: expected, stderr: '' });
});

test.each([
  ['a file that is not there', () => ['/no/such.pt'], /^pt-inspect: \/no\/such\.pt: no such file\n$/],
  ['no file', () => [], /it needs a file; usage: pt-inspect/],
  ['an option that there is not', () => ['--heads', '1', file], /--heads.*usage: pt-inspect/],
  ['a number that is none', () => ['--head', '1e3', file], /--head 1e3: it must be a whole number; usage/],
])('%s ends with 2 and a reason', (_, args, reason) => {
  expect(run(...args())).toEqual({ status: 2, stdout: '', stderr: expect.stringMatching(reason) });
});
