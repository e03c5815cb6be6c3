import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { buildIndex } from './build-index.js';
import type { BuildIndexOptions } from './index-options.js';
import { openIndex } from './open-index.js';

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../../apps/runner/test/fixtures/${name}`, import.meta.url));
const allowed = Uint8Array.from({ length: 256 }, (_, c) => (c >= 0x41 && c <= 0x5a ? 1 : 0));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'build-index-'));
});

function build(inputs: string[], more: Partial<BuildIndexOptions> = {}) {
  const tokensOf = (residues: number) => residues + 2;
  return buildIndex({
    inputs,
    folder: join(folder, 'index'),
    allowed,
    hint: 'letters only',
    tokensOf,
    batchTokens: 40,
    bucket: { sequences: 16_384, residues: 1e8 },
    ...more,
  });
}

async function file(bytes: Uint8Array | string, name: string): Promise<string> {
  await writeFile(join(folder, name), bytes);
  return join(folder, name);
}

const sum = (numbers: number[]) => numbers.reduce((sum, each) => sum + each, 0);

/** Everything an index reader returns: records in input order, lengths by batch and by bucket. */
async function contents() {
  const index = await openIndex(join(folder, 'index'));
  try {
    const records: { id: string; residues: string }[] = [];
    const lengths: number[][] = [];
    const buckets: number[][] = [];
    for (let batch = 0; batch < index.batches; batch++) {
      const [first, end] = index.batchRange(batch);
      const ids = await index.ids(first, end);
      const residues = await index.residues(first, end);
      const bucket = await index.bucketAt(first);
      expect(end).toBeLessThanOrEqual(bucket.end);
      lengths.push(residues.map(({ length }) => length));
      if (first === bucket.first) buckets.push([]);
      buckets.at(-1)!.push(...lengths.at(-1)!);
      for (const [i, id] of ids.entries())
        records[bucket.order[first + i - bucket.first]!] = {
          id,
          residues: Buffer.from(residues[i]!).toString(),
        };
    }
    expect(Array.from(await index.batchWeights())).toEqual(lengths.map(sum));
    expect(await index.allIds()).toEqual(records.map(({ id }) => id));
    return { records, lengths, buckets, summary: index.summary };
  } finally {
    await index.close();
  }
}

test('indexes the fixtures, over several inputs in order', async () => {
  const inputs = ['messy.fa', 'lambda_virus.fa.gz', 'globins45.faa'].map(fixture);
  const progress: number[] = [];
  const summary = await build(inputs, {
    maxResidues: 200,
    batchTokens: 2000,
    onProgress: ({ bytes }) => progress.push(bytes),
  });
  const { records, lengths, summary: reread } = await contents();
  const raws = await Promise.all(inputs.map((path) => readFile(path)));
  const sha256Of = async (name: string) =>
    createHash('sha256')
      .update(await readFile(join(folder, 'index', name)))
      .digest('hex');
  expect(summary).toEqual({
    format: 2,
    sequences: 53,
    residues: sum(lengths.flat()),
    windows: 1,
    batches: lengths.length,
    tokens: sum(lengths.flat()) + 2 * 53,
    padded_tokens: sum(lengths.map((batch) => batch.length * (batch[0]! + 2))),
    batch_tokens: 2000,
    truncated: records.filter(({ residues }) => residues.length > 200).length,
    files: {
      residues: await sha256Of('residues.bin'),
      residueOffsets: await sha256Of('residue-offsets.bin'),
      ids: await sha256Of('ids.txt'),
      idOffsets: await sha256Of('id-offsets.bin'),
      windows: await sha256Of('windows.bin'),
      order: await sha256Of('order.bin'),
      batches: await sha256Of('batches.bin'),
      blocks: await sha256Of('blocks.bin'),
      descriptions: await sha256Of('descriptions.txt'),
    },
    input_sequences: [7, 1, 45],
    description_bytes: (await readFile(join(folder, 'index', 'descriptions.txt'))).length,
    inputs: inputs.map((path, i) => ({
      path,
      bytes: raws[i]!.length,
      sha256: createHash('sha256').update(raws[i]!).digest('hex'),
    })),
  });
  expect(reread).toEqual(summary);
  expect(records.slice(0, 8).map(({ id }) => id)).toEqual([
    'win_1',
    'win_2|has|bars',
    'win_3',
    'win_4',
    'win_5',
    'win_6',
    'win_7',
    records[7]!.id,
  ]);
  expect(records[0]!.residues).toMatch(/^GGGCGGCGACCTCGCGGG[ACGT]+GACGGGCTCCCCCTGTCGGTGCA$/);
  expect(records[3]!.residues).toMatch(/^CUCUGAAAAG[ACGU]+$/);
  expect(records[4]!.residues).toBe('ACG');
  expect(records[5]!.residues).toMatch(/^N+$/);
  expect(records[7]!.residues).toHaveLength(48_502);
  expect(records[8]).toEqual({ id: 'MYG_ESCGI', residues: expect.stringMatching(/^VLSDAEWQLV[A-Z]+FQG$/) });
  expect(progress.at(-1)).toBe(raws.reduce((sum, { length }) => sum + length, 0));
  expect((await readdir(join(folder, 'index'))).sort()).toEqual([
    'batches.bin',
    'blocks.bin',
    'descriptions.txt',
    'id-offsets.bin',
    'ids.txt',
    'order.bin',
    'residue-offsets.bin',
    'residues.bin',
    'summary.json',
    'windows.bin',
  ]);
});

const record = fc.record({
  id: fc.stringMatching(/^[!-~äß€😀]{1,12}$/u),
  residues: fc.stringMatching(/^[ACGTNRYKM]{1,60}$/),
});
const records = fc.uniqueArray(record, { minLength: 1, maxLength: 12, selector: ({ id }) => id });
const style = fc.record({
  width: fc.integer({ min: 1, max: 70 }),
  end: fc.constantFrom('\n', '\r\n'),
  blank: fc.constantFrom('', '\n', ' \r\n\n'),
  lower: fc.boolean(),
  bom: fc.constantFrom('', '\ufeff'),
  description: fc.constantFrom('', ' ', ' some words', '\tx > y'),
  lastEnd: fc.boolean(),
  gzipAt: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
  chunk: fc.integer({ min: 1, max: 300 }),
});
type Style = typeof style extends fc.Arbitrary<infer T> ? T : never;
type Records = { id: string; residues: string }[];

function render(records: Records, style: Style): Buffer {
  let text = style.bom + style.blank;
  for (const { id, residues } of records) {
    text += `>${id}${style.description}${style.end}${style.blank}`;
    const shown = style.lower ? residues.toLowerCase() : residues;
    for (let at = 0; at < shown.length; at += style.width)
      text += shown.slice(at, at + style.width) + style.end + style.blank;
  }
  const bytes = Buffer.from(style.lastEnd ? text : text.trimEnd());
  if (style.gzipAt === null) return bytes;
  const cut = Math.floor(style.gzipAt * bytes.length);
  return Buffer.concat([gzipSync(bytes.subarray(0, cut)), gzipSync(bytes.subarray(cut))]);
}

const pieces = (bytes: Buffer, size: number) =>
  Readable.from(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size),
    ),
  );

test('the index has all records, however they are formatted', async () => {
  await fc.assert(
    fc.asyncProperty(
      records,
      style,
      fc.integer({ min: 1, max: 200 }),
      fc.record({ sequences: fc.integer({ min: 1, max: 14 }), residues: fc.integer({ min: 1, max: 200 }) }),
      async (records, style, batchTokens, bucket) => {
        const bytes = render(records, style);
        const summary = await build(['-'], { stdin: pieces(bytes, style.chunk), batchTokens, bucket });
        const read = await contents();
        expect(read.buckets).toHaveLength(summary.windows);
        for (const [i, lengths] of read.buckets.entries()) {
          expect(lengths).toEqual([...lengths].sort((a, b) => b - a));
          expect(lengths.length).toBeLessThanOrEqual(bucket.sequences);
          if (lengths.length > 1) expect(sum(lengths)).toBeLessThanOrEqual(bucket.residues);
          // The first of the next bucket, in input order, did not fit.
          const ended = sum(read.buckets.slice(0, i + 1).map(({ length }) => length));
          const next = records[ended]?.residues.length ?? Number.POSITIVE_INFINITY;
          expect(lengths.length === bucket.sequences || sum(lengths) + next > bucket.residues).toBe(true);
        }
        expect(read.records).toEqual(records);
        expect(summary.inputs).toEqual([
          { path: '-', bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') },
        ]);
        for (const lengths of read.lengths) {
          const cost = lengths.length * (Math.max(...lengths) + 2);
          expect(lengths.length === 1 || cost <= batchTokens).toBe(true);
        }
      },
    ),
    { numRuns: 150 },
  );
});

test('a bucket is sorted longest first, ties in input order, and reports whether it is in input order', async () => {
  const lengths = [3, 7, 3, 9, 7, 5, 5, 1, 8];
  const path = await file(lengths.map((n, i) => `>${i}\n${'A'.repeat(n)}\n`).join(''), 'in.fa');
  await build([path], { bucket: { sequences: 5, residues: 1000 }, batchTokens: 18 });
  const u32 = async (name: string) => [
    ...new Uint32Array(Uint8Array.from(await readFile(join(folder, 'index', name))).buffer),
  ];
  expect(await u32('windows.bin')).toEqual([0, 5, 9]);
  expect(await u32('order.bin')).toEqual([3, 1, 4, 0, 2, 8, 5, 6, 7]);
  expect(await u32('batches.bin')).toEqual([0, 1, 3, 5, 6, 8, 9]);
  await build([path], { bucket: { sequences: 1, residues: 1000 } });
  const index = await openIndex(join(folder, 'index'));
  expect(await index.bucketAt(3)).toMatchObject({ first: 3, end: 4, inInputOrder: true });
  await index.close();
});

test('the first residues are the input’s first, whatever the order of the plan', async () => {
  await build([await file('>a\nAC\n>b\nGTTTT\n>c\nN\n', 'in.fa')]);
  const index = await openIndex(join(folder, 'index'));
  const first = async (most: number) => Buffer.from(await index.firstResidues(most)).toString();
  expect([await first(3), await first(8), await first(100)]).toEqual(['ACG', 'ACGTTTTN', 'ACGTTTTN']);
  await index.close();
});

test('the same records give the same files, in any format and chunks', async () => {
  const text = Array.from({ length: 300 }, (_, i) => `>${i}\n${'ACGT'.repeat(1 + ((i * 37) % 50))}\n`).join(
    '',
  );
  const built: unknown[] = [];
  for (const bytes of [Buffer.from(text), gzipSync(text), Buffer.from(text.replaceAll('\n', '\r\n'))])
    for (const size of [7, 1000]) {
      const bucket = { sequences: 64, residues: 5000 };
      built.push((await build(['-'], { stdin: pieces(bytes, size), batchTokens: 900, bucket })).files);
    }
  expect(built).toEqual(built.map(() => built[0]));
});

test('a bucket ends before the sequence that would exceed its residues, whatever its count', async () => {
  const path = await file('>a\nCCCC\n>b\nCCCCC\n>c\nC\n>d\nCCCCCCCCCCCC\n>e\nCC\n>f\nCCCCCCC\n', 'in.fa');
  await build([path], { bucket: { sequences: 1000, residues: 9 } });
  expect((await contents()).buckets).toEqual([[5, 4], [1], [12], [7, 2]]);
});

test('an ID that an earlier record of any input has is refused, and both places are named', async () => {
  const property = fc.asyncProperty(
    fc.array(fc.stringMatching(/^[ab]{1,6}$/), { minLength: 1, maxLength: 12 }),
    fc.nat(12),
    async (ids, cut) => {
      const parts = [ids.slice(0, cut), ids.slice(cut)].filter((part) => part.length > 0);
      const paths: string[] = [];
      for (const [i, part] of parts.entries()) {
        paths.push(await file(part.map((id) => `>${id}\nA\n`).join(''), `${i}.fa`));
      }
      const places = parts.flatMap((part, i) => part.map((_, at) => ({ file: paths[i]!, record: at + 1 })));
      const message = (at: number) => {
        const { file: name, record } = places[at]!;
        const first = places[ids.indexOf(ids[at]!)]!;
        return (
          `${name}: record ${record} ("${ids[at]}", line ${2 * record - 1}): duplicate ID, ` +
          `first seen as record ${first.record} of ${first.file}; give every record a unique ID, or add --dedupe-ids suffix`
        );
      };
      const again = [...ids.keys()].filter((at) => ids.indexOf(ids[at]!) < at);
      if (again.length === 0) return void (await build(paths));
      const error = await build(paths).catch((error: unknown) => error);
      const [first] = again;
      const { file: name, record } = places[first!]!;
      if (again.length === 1) {
        expect(error).toMatchObject({ name: 'InputError', code: 'duplicate_id', file: name, record });
        expect(error).toMatchObject({ line: 2 * record - 1, message: message(first!) });
      } else {
        expect(error).toMatchObject({ code: 'bad_records', counts: { duplicate_id: again.length } });
        expect((error as Error).message.split('\n  ').slice(1)).toEqual(again.map(message));
      }
    },
  );
  await fc.assert(property, { numRuns: 100 });
});

test('the densest input fits the staging buffers, and a duplicate of a written ID is found', async () => {
  const count = 400_000;
  const lines: string[] = [];
  for (let i = 0; i < count; i++) lines.push(`>${i.toString(36)}\nC\n`);
  const path = await file(lines.join(''), 'dense.fa');
  const summary = await build([path], { batchTokens: 1 });
  expect(summary).toMatchObject({ sequences: count, residues: count, batches: count });
  const index = await openIndex(join(folder, 'index'));
  expect(await index.ids(count - 2, count)).toEqual([(count - 2).toString(36), (count - 1).toString(36)]);
  expect((await index.batchWeights()).every((weight) => weight === 1)).toBe(true);
  await index.close();
  for (const earlier of [5, count - 2]) {
    const more = await file(`>NEW\nA\n>${earlier.toString(36)}\nA\n`, 'more.fa');
    await expect(build([path, more])).rejects.toMatchObject({
      code: 'duplicate_id',
      record: 2,
      message: expect.stringContaining(`first seen as record ${earlier + 1} of ${path}`),
    });
  }
});

test('a signal stops it with its reason', async () => {
  const controller = new AbortController();
  const reason = new Error('stop');
  const path = await file(`>a\n${'ACGT'.repeat(500_000)}\n`, 'long.fa');
  const onProgress = () => controller.abort(reason);
  await expect(build([path], { signal: controller.signal, onProgress })).rejects.toBe(reason);
  expect(await readdir(join(folder, 'index'))).not.toContain('summary.json');
});

test('no input, and a limit that admits nothing, are refused', async () => {
  await expect(build([])).rejects.toThrow(RangeError);
  const path = await file('>a\nA\n', 'a.fa');
  for (const batchTokens of [0, -1, Number.NaN])
    await expect(build([path], { batchTokens })).rejects.toThrow(RangeError);
  await expect(build([path], { bucket: { sequences: 0, residues: 1 } })).rejects.toThrow(RangeError);
});

test('an error of the file system is passed on unchanged', async () => {
  await rm(folder, { recursive: true });
  await writeFile(folder, 'a file where the folder should be');
  await expect(build([fixture('messy.fa')])).rejects.toMatchObject({ code: 'ENOTDIR' });
  await rm(folder);
});
