import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, test } from 'vitest';
import { freshFolder, holdfast, killedAfter, killedAt } from './command.js';

const at = (path: string) => fileURLToPath(new URL(`../../../packages/${path}`, import.meta.url));
const PROTEINS = at('gpu-runtime/test/fixtures/globins45.faa');
const MODEL = at('model-zoo/test/fixtures/esm2_t2_tiny/esm2_t2_tiny.pt');

let folder: string;
beforeEach(async () => {
  folder = await freshFolder();
});

const EVERYTHING = ['--layer', '-1,0', '--include', 'mean,cls,max,mean_tokens,per_token,logits,contacts'];

const line = (out: string, ...more: string[]) => [
  'embed',
  join(folder, 'in.fa'),
  '--out',
  join(folder, out),
  '--model',
  MODEL,
  '--threads',
  '1',
  '--shards',
  '4',
  ...more,
];

/** The result's files by name, with their SHA-256, except the record. */
async function filesOf(out: string) {
  const { files } = JSON.parse(await readFile(join(folder, out, 'result.json'), 'utf8'));
  return files as { file: string; bytes: number; sha256: string }[];
}

/** Proteins, some of which are there twice. */
async function input(): Promise<void> {
  const text = await readFile(PROTEINS, 'utf8');
  const copies = text
    .split('>')
    .slice(1, 6)
    .map((record) => `>copy_of_${record}`)
    .join('');
  await writeFile(join(folder, 'in.fa'), text + copies);
}

test.each([
  ['safetensors', 'float16'],
  ['npy', 'float32'],
  ['pt', 'bfloat16'],
])(
  '%s in %s: every output of a killed run has the bytes of an undisturbed one, and verify proves both',
  async (format, dtype) => {
    await input();
    const asked = [...EVERYTHING, '--format', format, '--dtype', dtype];
    expect(await holdfast(line('whole', ...asked, '--workers', '1'))).toMatchObject({ code: 0, stderr: '' });
    const often = line('out', ...asked, '--workers', '2', '--seq-threshold', '4');
    for (const event of ['checkpoint', 'shard_complete', 'assembling']) {
      await killedAfter(event, often);
    }
    expect(await holdfast(often)).toMatchObject({ code: 0, stderr: '' });
    const files = await filesOf('whole');
    expect(await filesOf('out')).toEqual(files);
    expect(files.map(({ file }) => file)).toEqual([
      `embeddings.${format}`,
      ...['cls.layer_2', 'max.layer_2', 'mean_tokens.layer_2'].map(
        (name) => `more_outputs/${name}.${format}`,
      ),
      ...['mean.layer_0', 'cls.layer_0', 'max.layer_0', 'mean_tokens.layer_0'].map(
        (name) => `more_outputs/${name}.${format}`,
      ),
      ...['per_token.layer_2', 'per_token.layer_0', 'logits', 'contacts'].flatMap((name) =>
        format === 'npy'
          ? [`more_outputs/${name}.npy`, `more_outputs/${name}.offsets.npy`]
          : [`more_outputs/${name}.${format}`],
      ),
      'ids.txt',
      'sequences.tsv',
    ]);
    const proven = await holdfast(['verify', join(folder, 'out'), '--json']);
    expect(proven).toMatchObject({ code: 0, stderr: '' });
    expect(proven.lines[0]).toMatchObject({ ok: true, state: 'complete', notes: [] });
  },
);

test('each output has a name, the embeddings too, and `get` takes it', async () => {
  await input();
  expect(await holdfast(line('out', '--layer', '-1,1,0'))).toMatchObject({ code: 0 });
  const [id] = (await readFile(join(folder, 'out', 'ids.txt'), 'utf8')).split('\n');
  const get = (...from: string[]) => holdfast(['get', join(folder, 'out'), id!, '--json', ...from]);
  const rows = [];
  for (const layer of [0, 1, 2]) rows.push((await get('--from', `mean.layer_${layer}`)).lines);
  expect(new Set(rows.map((each) => JSON.stringify(each))).size).toBe(3);
  expect(rows[2]).toEqual((await get()).lines);
  const refused = await get('--from', 'mean.layer_3');
  expect(refused).toMatchObject({ code: 2 });
  expect(refused.stderr).toContain('it has embeddings (mean.layer_2), mean.layer_1, mean.layer_0');
});

test('`get` writes numbers of tokens; killed anywhere, the same command leaves the same bytes', async () => {
  await input();
  await holdfast(line('out', '--include', 'per_token,contacts', '--workers', '1'));
  const [id, other] = (await readFile(join(folder, 'out', 'ids.txt'), 'utf8')).split('\n');
  const get = (path: string, env = {}) => {
    const words = ['get', join(folder, 'out'), id!, other!, '--from', 'contacts', '-o', join(folder, path)];
    return holdfast(words, '', { env });
  };
  for (const ending of ['h5', 'pt']) {
    expect(await get(`whole.${ending}`)).toMatchObject({
      code: 0,
      stderr: `holdfast: ${join(folder, `whole.${ending}`)}: 2 sequences, written\n`,
    });
    for (const operation of ['open', 'rename']) {
      const env = killedAt(operation, `killed\\.${ending}\\.tmp$`);
      expect(await get(`killed.${ending}`, env), operation).toMatchObject({ signal: 'SIGKILL' });
      expect(await readdir(folder)).not.toContain(`killed.${ending}`);
    }
    expect(await get(`killed.${ending}`)).toMatchObject({ code: 0 });
    const bytes = await readFile(join(folder, `killed.${ending}`));
    expect(bytes.equals(await readFile(join(folder, `whole.${ending}`)))).toBe(true);
  }
  expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

test('another format makes all files again and computes nothing; fewer outputs are another run', async () => {
  await input();
  const asked = ['--include', 'per_token'];
  await holdfast(line('out', ...asked, '--format', 'npy'));
  const again = await holdfast(line('out', ...asked, '--format', 'safetensors'));
  expect(again).toMatchObject({ code: 0 });
  expect(again.lines.map(({ event }) => event)).not.toContain('checkpoint');
  expect(await readdir(join(folder, 'out', 'more_outputs'))).toEqual(['per_token.layer_2.safetensors']);
  const fewer = await holdfast(line('out', '--format', 'safetensors'));
  expect(fewer.code).toBe(2);
  expect(fewer.stderr).toContain('--include and --layer: per_token.layer_2 → nothing more');
  const other = await holdfast(line('out', ...asked, '--dtype', 'float16'));
  expect(other.stderr).toContain('--dtype: float32 → float16');
  const replaced = await holdfast(line('out', '--force-restart'));
  expect(replaced).toMatchObject({ code: 0 });
  expect(await readdir(join(folder, 'out'))).not.toContain('more_outputs');
});

test('a file of an output that was changed or removed is found by verify, repaired, and made again', async () => {
  await input();
  const asked = ['--include', 'per_token,contacts', '--dtype', 'float16'];
  await holdfast(line('out', ...asked));
  const before = await filesOf('out');
  const path = join(folder, 'out', 'more_outputs', 'contacts.safetensors');
  const bytes = await readFile(path);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(path, bytes);
  const found = await holdfast(['verify', join(folder, 'out'), '--json']);
  expect(found.code).toBe(5);
  expect(found.lines[0]!['faults']).toContainEqual(
    expect.objectContaining({ check: 'outputs', file: 'more_outputs/contacts.safetensors' }),
  );
  await holdfast(['verify', join(folder, 'out'), '--repair', '--json']);
  expect(await readdir(join(folder, 'out', 'more_outputs'))).toContain('contacts.safetensors.corrupt');
  expect(await holdfast(line('out', ...asked))).toMatchObject({ code: 0 });
  expect(await filesOf('out')).toEqual(before);
  expect((await readdir(join(folder, 'out', 'more_outputs'))).sort()).toEqual([
    'contacts.safetensors',
    'per_token.layer_2.safetensors',
  ]);
});

test('--work delivers further outputs too, and takes those away that a result no longer has', async () => {
  await input();
  const work = ['--work', join(folder, 'work')];
  const asked = ['--include', 'per_token'];
  expect(await holdfast(line('out', ...work, ...asked))).toMatchObject({ code: 0 });
  expect(await filesOf('out')).toEqual(await filesOf('work'));
  expect(await readdir(join(folder, 'out', 'more_outputs'))).toEqual(['per_token.layer_2.safetensors']);
  await holdfast(line('out', ...work, ...asked, '--format', 'npy'));
  expect((await readdir(join(folder, 'out', 'more_outputs'))).sort()).toEqual([
    'per_token.layer_2.npy',
    'per_token.layer_2.offsets.npy',
  ]);
  expect(await holdfast(['verify', join(folder, 'out'), '--json'])).toMatchObject({ code: 0 });
});

test.each([
  [['--include', 'per_tok'], /It must be a list of mean, mean_tokens, cls, max, per_token, logits, contacts/],
  [['--layer', '1,1'], /1 is in it twice/],
  [['--layer', '7'], /has no layer 7; its layers are 0 to 2/],
  [['--dtype', 'bfloat16', '--format', 'npy'], /NumPy has no bfloat16/],
  [['--include', 'per_token', '--long-sequences', 'windows'], /cannot be joined over windows/],
])('%j is refused by name', async (asked, says) => {
  await input();
  const { code, stderr } = await holdfast(line('out', ...asked));
  expect([code, stderr]).toEqual([2, expect.stringMatching(says)]);
  expect(await readdir(folder)).toEqual(['in.fa']);
});

test('the embeddings of a run with further outputs are those of a run without; get and export take any by name', async () => {
  await input();
  await holdfast(line('plain'));
  await holdfast(line('more', ...EVERYTHING));
  const rows = async (out: string) => {
    const bytes = await readFile(join(folder, out, 'embeddings.safetensors'));
    return bytes.subarray(8 + Number(bytes.readBigUInt64LE()));
  };
  const [plain, more] = [await rows('plain'), await rows('more')];
  expect(plain.length).toBe(more.length);
  const floats = (bytes: Buffer) => new Float32Array(Uint8Array.from(bytes).buffer);
  const [a, b] = [floats(plain), floats(more)];
  expect(Math.max(...a.map((value, i) => Math.abs(value - b[i]!)))).toBeLessThan(1e-5);
  const ids = (await readFile(join(folder, 'more', 'ids.txt'), 'utf8')).split('\n');
  const from = ['--from', 'cls.layer_0'];
  const got = await holdfast(['get', join(folder, 'more'), ids[3]!, '--json', ...from]);
  const file = await readFile(join(folder, 'more', 'more_outputs', 'cls.layer_0.safetensors'));
  const cls = floats(file.subarray(8 + Number(file.readBigUInt64LE())));
  const dim = cls.length / (ids.length - 1);
  const row = got.lines[0]!['embedding'] as number[];
  expect(row.map(Math.fround)).toEqual([...cls.subarray(3 * dim, 4 * dim)]);
  const to = join(folder, 'cls.npy');
  await holdfast(['export', join(folder, 'more'), '--to', 'npy', ...from, '-o', to]).catch(() => undefined);
  const npy = await readFile(to);
  expect(floats(npy.subarray(npy.length - cls.length * 4))).toEqual(cls);
  const unknown = await holdfast(['get', join(folder, 'more'), ids[3]!, '--from', 'max.layer_9']);
  expect([unknown.code, unknown.stderr]).toEqual([
    2,
    expect.stringContaining("has no 'max.layer_9'; it has embeddings (mean.layer_2),"),
  ]);
});
