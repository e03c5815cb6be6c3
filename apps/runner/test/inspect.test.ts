import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodePt, PtFloat, storage, tensor, tuple } from '@holdfast/pt-serializer';
import { expect, test } from 'vitest';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const FIXTURES = at('../../../packages/pt-serializer/test/fixtures/');

function inspect(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [at('../bin/holdfast.js'), 'inspect', ...args],
    {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    },
  );
  return { status, lines: stdout.split('\n').slice(0, -1), stderr };
}

/** JSON in which Python's extra words and long ints are strings, as the JSON of every language knows them. */
function parsed(
  text: string,
): Record<string, { must?: string; ok?: boolean; items?: unknown[] }> & { ok: boolean } {
  return JSON.parse(text.replace(/: ?(-?Infinity|NaN|-?\d{16,}(?:e[+-]\d+)?)(?=[,\s}])/g, ':"$1"'));
}

test('--json lists, for every fixture, what real PyTorch lists', async () => {
  const expected = parsed(await readFile(`${FIXTURES}expected.json`, 'utf8'));
  const names = Object.keys(expected);
  const { status, lines } = inspect('--json', ...names.map((name) => FIXTURES + name));
  // One is a TorchScript archive.
  expect(status).toBe(2);
  expect(lines).toHaveLength(names.length);
  for (const [i, name] of names.entries()) {
    const found = parsed(lines[i]!);
    expect(found['file']).toBe(FIXTURES + name);
    expect(found.ok, name).toBe(expected[name]!.must === 'load');
    if (!found.ok) {
      expect(found['error']).toContain('TorchScript');
      continue;
    }
    // The first elements are only in PyTorch's listing.
    const items = (expected[name]!.items as Record<string, unknown>[]).map(({ first, ...item }) => item);
    const ours = found['items'] as unknown as Record<string, unknown>[];
    expect(ours, name).toHaveLength(items.length);
    for (const [k, item] of items.entries()) expect(ours[k], `${name} ${item['path']}`).toMatchObject(item);
  }
});

test('a table shows what is there, and the first values', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'inspect-'));
  const path = join(folder, 'a.pt');
  const value = {
    embeddings: tensor('float32', [2, 2], Float32Array.of(1, 0.1, -3, 4)),
    half: tensor('float16', [], Uint16Array.of(0x3c00)),
    phase: tensor('complex64', [1], Float32Array.of(0.5, -1)),
    flags: tensor('bool', [2], Uint8Array.of(1, 0)),
    sequence_ids: ['a', 'b\u001b[31m'],
    metadata: { size: 7, loss: new PtFloat(1), pair: tuple(null) },
  };
  await writeFile(path, await encodePt(value));
  const { status, lines } = inspect(path, '--head', '3');
  expect(status).toBe(0);
  expect(lines.map((line) => line.replace(/ {2,}/g, '  '))).toEqual([
    'PATH  KIND  DTYPE  SHAPE  VALUE',
    '/embeddings  tensor  float32  [2, 2]  16 bytes',
    '  1.0, 0.1, -3.0',
    '/half  tensor  float16  []  2 bytes',
    '  1.0',
    '/phase  tensor  complex64  [1]  8 bytes',
    '  (0.5-1j)',
    '/flags  tensor  bool  [2]  2 bytes',
    '  True, False',
    '/sequence_ids  strings  [2]',
    '  a',
    '  b [31m',
    '/metadata/size  int  7',
    '/metadata/loss  float  1.0',
    '/metadata/pair/0  NoneType  None',
  ]);
});

/** The bytes of a value, with one bit of some of them turned. */
async function damaged(value: Parameters<typeof encodePt>[0], find: string): Promise<Buffer> {
  const bytes = Buffer.from(await encodePt(value));
  bytes[bytes.indexOf(find)]! ^= 1;
  return bytes;
}

test('--json compares the checksums of what no item is read from, too', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'inspect-')), 'damaged.pt');
  await writeFile(path, await damaged(tensor('uint8', [0], storage(8, Buffer.from('unneeded'))), 'unneeded'));
  const { status, lines } = inspect('--json', path);
  expect(status).toBe(2);
  expect(parsed(lines[0]!)).toMatchObject({ ok: false, error: expect.stringContaining('CRC-32') });
});

test('a small file that would be listed without end is refused, and what is shared is hashed once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'inspect-'));
  const [fan, long, huge, shared] = ['fan', 'long', 'huge', 'shared'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ];
  let value: unknown[] = [null, null];
  for (let i = 0; i < 5; i++) value = new Array<unknown>(100).fill(value);
  await writeFile(fan, await encodePt(value as never));
  const items = new Array<unknown>(20_000).fill(new Map([['x'.repeat(50_000), null]]));
  await writeFile(long, await encodePt(items as never));
  const repeated = (shape: number[]) => tensor('uint8', shape, storage(1, Uint8Array.of(1)), { stride: [0] });
  await writeFile(huge, await encodePt(repeated([2 ** 48])));
  const strings = Array.from({ length: 100_000 }, (_, i) => `read_${i}`);
  await writeFile(
    shared,
    await encodePt([repeated([2 ** 28]), strings].flatMap((one) => new Array(2000).fill(one))),
  );
  for (const path of [fan, long]) {
    expect(inspect(path)).toMatchObject({
      status: 2,
      lines: [],
      stderr: expect.stringContaining('its listing'),
    });
    const { status, lines } = inspect('--json', path);
    expect([status, lines.length, parsed(lines[0]!).ok]).toEqual([2, 1, false]);
  }
  expect(inspect('--json', huge).lines).toEqual([expect.stringMatching(/"ok":false,"error":".*huge: 2814/)]);
  expect(inspect(huge, '--head', '3').lines.at(-1)).toBe('  1, 1, 1');
  const listed = parsed(inspect('--json', shared).lines[0]!);
  expect([listed.ok, (listed['items'] as unknown as unknown[]).length]).toEqual([true, 4000]);
});

test('a signal ends a listing', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'inspect-')), 'pipe');
  await writeFile(path, await encodePt(Array.from({ length: 300_000 }, (_, i) => ({ i }))));
  const child = spawn(process.execPath, [at('../bin/holdfast.js'), 'inspect', path]);
  // It fills the pipe that nobody reads, and waits.
  await once(child.stdout, 'readable');
  child.kill('SIGTERM');
  const [, signal] = (await once(child, 'close')) as [number | null, string | null];
  expect(signal).toBe('SIGTERM');
});

test.runIf(existsSync('/dev/full'))('a listing that cannot be written is told, and is no success', () => {
  for (const command of ['inspect --json "$1"', 'inspect "$1"', 'models']) {
    const { status, stderr } = spawnSync(
      'sh',
      [
        '-c',
        `"$0" "$2" ${command} > /dev/full`,
        process.execPath,
        `${FIXTURES}all_dtypes.pt`,
        at('../bin/holdfast.js'),
      ],
      { encoding: 'utf8' },
    );
    expect({ status, stderr }, command).toEqual({
      status: 1,
      stderr: expect.stringMatching(/^holdfast: standard output: ENOSPC: .+\n$/),
    });
  }
});

test('a file that is not read is told with the reason, the others are shown, and nothing is run', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'inspect-'));
  const [good, bad] = ['good.pt', 'bad.pt'].map((name) => join(folder, name)) as [string, string];
  await writeFile(good, await encodePt({ a: 1 }));
  const [attack, hidden] = ['code_by_reduce', 'code_below_what_is_dropped'].map(
    (name) => `${FIXTURES}../attacks/${name}.pt`,
  ) as [string, string];
  await writeFile(bad, (await readFile(good)).subarray(0, 100));
  const { status, lines, stderr } = inspect(bad, attack, hidden, good, join(folder, 'none.pt'));
  expect(status).toBe(2);
  expect(stderr.split('\n').slice(0, 4)).toEqual([
    expect.stringMatching(/^holdfast: .*bad\.pt: no zip end record/),
    expect.stringMatching(/^holdfast: .*code_by_reduce\.pt: names os\.system, .* nothing was run here$/),
    expect.stringMatching(/^holdfast: .*code_below_what_is_dropped\.pt: names builtins\.eval, /),
    expect.stringMatching(/^holdfast: .*none\.pt: no such file/),
  ]);
  expect(lines.join('\n')).toMatch(/^\/ +object +os\.system \(not run\)$/m);
  expect(lines.at(-1)).toMatch(/^\/a +int +1$/);
  expect(existsSync('pwned')).toBe(false);
  expect(inspect().status).toBe(2);
  expect(inspect(good, '--head', 'x').status).toBe(2);
});
