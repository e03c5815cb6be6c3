import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EmbeddingModel, ModelSource } from '@holdfast/gpu-runtime';
import { CheckpointManifest } from '@holdfast/manifest';
import { FILES, type Shard, shardsOf } from '@holdfast/plan';
import { type Layout, ShardIncompleteError } from '@holdfast/run-folder';
import { CheckpointTrigger } from '@holdfast/trigger';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { countingModel, DIM, indexed, silentReport } from '../../test/support.js';
import { workShard } from '../work/work-shard.js';
import { type Assembly, assemble } from './assemble.js';

const sequences = Array.from({ length: 40 }, (_, i) => 'ACGT'.repeat(1 + (i % 30)));

/** The counting model, with a row of zeros for 8 residues, and a row that only begins with 0 for 12. */
function zeroingModel() {
  const model = countingModel();
  const embed = model.embed;
  model.embed = async (batch) => {
    const rows = await embed(batch);
    return rows.map((value, i) => {
      const length = rows[i - (i % DIM)]!;
      return length === 8 || value === 12 ? 0 : value;
    });
  };
  return model;
}
const rowOf = ({ length }: string) => (length === 8 ? [0, 0, 0] : [length === 12 ? 0 : length, 65, 84]);

let assembly: Assembly;
async function work(shard: Shard, model: EmbeddingModel, manifest: CheckpointManifest): Promise<void> {
  const { place, index } = assembly;
  await workShard({
    shard,
    folder: place.shard(shard.shard),
    run: 'run',
    index,
    model,
    trigger: new CheckpointTrigger({ seqThreshold: 5 }),
    manifest,
    batchTokens: 200,
    survivesFailures: true,
    stopping: () => false,
    report: silentReport(),
  });
}
const stop = new AbortController();
beforeEach(async () => {
  const { place, index } = await indexed(sequences, 200, { sequences: 12 });
  const shards = await shardsOf(index, 3);
  expect(index.summary).toMatchObject({ windows: 4 });
  const manifest = new CheckpointManifest(place.manifest);
  await mkdir(place.checkpoints);
  await manifest.initialize(3);
  const model = zeroingModel();
  assembly = {
    place,
    run: 'run',
    index,
    shards,
    model: model.source,
    format: 'safetensors',
    signal: stop.signal,
  };
  for (const shard of shards) {
    await mkdir(place.shard(shard.shard));
    await work(shard, model, manifest);
  }
});

afterEach(() => assembly.index.close());

test('rows and IDs in input order, and a record of both files', async () => {
  const record = await assemble(assembly);
  const { out, ids, embeddings } = assembly.place;
  expect(await readFile(ids, 'utf8')).toBe(sequences.map((_, i) => `s${i}\n`).join(''));
  const bytes = await readFile(embeddings('safetensors'));
  const data = Uint8Array.from(bytes.subarray(bytes.length - sequences.length * DIM * 4));
  expect([...new Float32Array(data.buffer)]).toEqual(sequences.flatMap(rowOf));
  const measured = (file: string, bytes: Uint8Array) => {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { file, bytes: bytes.length, sha256 };
  };
  const { tokens, padded_tokens } = assembly.index.summary;
  expect(record).toMatchObject({ format: 1, run: 'run', sequences: 40, dim: DIM, tokens, padded_tokens });
  expect(tokens).toBe(sequences.join('').length);
  expect(padded_tokens).toBeGreaterThan(tokens);
  expect(record.files).toEqual([
    measured('embeddings.safetensors', bytes),
    measured('ids.txt', await readFile(ids)),
    measured('sequences.tsv', await readFile(assembly.place.sequences)),
  ]);
  expect(JSON.parse(await readFile(join(out, 'result.json'), 'utf8'))).toEqual({
    ...record,
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

/** Format 2, which this index has, is without the first two; the third is there only if records are skipped. */
const OTHERS: readonly string[] = [FILES.originals, FILES.starts, FILES.skipped];

test.each(Object.values(FILES).filter((name) => !OTHERS.includes(name)))(
  'an index whose %s changed gives no result, and no ID that is not in the input',
  async (name) => {
    const path = join(assembly.place.index, name);
    const bytes = await readFile(path);
    bytes[bytes.length >> 1]! ^= 1;
    await writeFile(path, bytes);
    await expect(assemble(assembly)).rejects.toMatchObject({ name: 'IndexError', path });
    const names = await readdir(assembly.place.out);
    expect(names).not.toContain('result.json');
    if (names.includes('ids.txt'))
      expect(await readFile(assembly.place.ids, 'utf8')).toBe(sequences.map((_, i) => `s${i}\n`).join(''));
  },
);

// In 40 sequences of 4 to 120 residues, two have 8 and five more than 100.
test.each(['safetensors', 'npy', 'pt'] as const)(
  '%s: warnings count rows of zeros and sequences that were cut',
  async (format) => {
    const { warnings } = await assemble({ ...assembly, format });
    expect(warnings).toEqual([
      expect.stringMatching(/^2 sequences have a row of zeros: s\d+, s\d+$/),
      '5 sequences are longer than the 100 residues that counting takes, and the rest of each is left out; to read it too, add --long-sequences windows --force-restart',
    ]);
  },
);

/** All shards again, by a model that drops tokens of sequences of some lengths. */
async function workedAnew(place: Layout, truncated: (length: number) => boolean): Promise<void> {
  const manifest = new CheckpointManifest(join(place.out, 'other-manifest.json'));
  await manifest.initialize(3);
  const model: EmbeddingModel = zeroingModel();
  const { embed } = model;
  model.embed = async (batch, options) => {
    batch.forEach(({ length }, at) => {
      if (truncated(length)) options?.onTruncated?.(at);
    });
    return embed(batch);
  };
  for (const shard of assembly.shards) {
    const folder = place.shard(shard.shard);
    await rm(folder, { recursive: true });
    await mkdir(folder);
    await work(shard, model, manifest);
  }
}

test('sequences that lost tokens are counted over all checkpoints, beside those known from the plan', async () => {
  const { place, model: source } = assembly;
  // 40, 80 and 120: three of the first thirty, and one of the other ten.
  await workedAnew(place, (length) => length % 40 === 0);
  const recipe = { ...source.recipe, tokenizer: {} } as ModelSource['recipe'];
  const model = { ...source, maxTokens: 30, recipe };
  const record = await assemble({ ...assembly, model });
  expect(record).toMatchObject({ tokens_at_most: true });
  const left = (of: string, rest: string) =>
    `4 sequences ${of} more tokens than the 30 that counting takes, special ones included; the rest ${rest} was left out`;
  expect(record.warnings.slice(1)).toEqual([
    expect.stringContaining('5 sequences are longer than the 100 residues'),
    left('have', 'of each'),
  ]);
  const windows = { residues: 50, overlap: 0 };
  const windowed = await assemble({ ...assembly, model: { ...model, windows } });
  expect(windowed.warnings.at(-1)).toBe(left('have windows of', 'of each window'));
});

test('the model explains what a row of zeros means', async () => {
  const model = { ...assembly.model, zeroRowMeaning: 'nothing to count' };
  const { warnings } = await assemble({ ...assembly, model });
  expect(warnings[0]).toMatch(
    /^2 sequences have a row of zeros: s\d+, s\d+; such a row means: nothing to count$/,
  );
});

test('a rerun gives the same bytes', async () => {
  const first = await assemble(assembly);
  await rm(assembly.place.embeddings('safetensors'));
  expect(await assemble(assembly)).toEqual(first);
});

/** Copies the last checkpoint of a shard to the next number. */
async function addAgain(folder: string): Promise<void> {
  const count = (await readdir(folder)).filter((name) => name.endsWith('.pt')).length;
  const name = (index: number) => join(folder, `batch_${String(index).padStart(5, '0')}.pt`);
  for (const end of ['', '.done']) await cp(`${name(count - 1)}${end}`, `${name(count)}${end}`);
}

/** Flips one bit of a row; everything else stays. */
async function changeRow(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[bytes.indexOf(Buffer.from(Float32Array.of(65).buffer))]! ^= 1;
  await writeFile(path, bytes);
}

test.each<[string, (folder: string) => Promise<void>]>([
  ['changed', (folder) => changeRow(join(folder, 'batch_00000.pt'))],
  ['damaged', (folder) => truncate(join(folder, 'batch_00000.pt'), 300)],
  ['gone', (folder) => rm(join(folder, 'batch_00000.pt'))],
  ['not there', (folder) => rm(folder, { recursive: true })],
  ['one too many', (folder) => addAgain(folder)],
])('a shard whose checkpoints are %s is named, and nothing is left half-written', async (_what, damage) => {
  await damage(assembly.place.shard(1));
  const error = await assemble(assembly).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(ShardIncompleteError);
  expect(error).toMatchObject({
    shard: 1,
    code: 'shard_incomplete',
    message: expect.stringMatching(/^shard 1: /),
  });
  expect((await readdir(assembly.place.out)).sort()).toEqual(['checkpoints', 'in.fa', 'index']);
});

test('checkpoints of another run are not joined', async () => {
  await expect(assemble({ ...assembly, run: 'another' })).rejects.toThrow(/^shard 0: .*another run/);
});

test('a stop interrupts the joining, and nothing is left half-written', async () => {
  const signal = AbortSignal.abort(new Error('stopped'));
  await expect(assemble({ ...assembly, signal })).rejects.toThrow('stopped');
  expect((await readdir(assembly.place.out)).sort()).toEqual(['checkpoints', 'in.fa', 'index']);
});
