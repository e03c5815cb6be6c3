import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { CopiedRows } from './copied-rows.js';
import { buildIndex } from './index-store/build-index.js';
import { openIndex } from './index-store/open-index.js';
import type { SequenceIndex } from './index-store/sequence-index.js';
import { verifyIndex } from './index-store/verify-index.js';
import { inInputOrder } from './input-order.js';
import { withCopies } from './with-copies.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copies-'));
});

interface Plan {
  bucket: number;
  batchTokens: number;
}

async function indexOf(sequences: readonly string[], plan: Plan, dedupe = true): Promise<SequenceIndex> {
  const input = join(folder, 'in.fa');
  await writeFile(input, sequences.map((residues, i) => `>s${i}\n${residues}\n`).join(''));
  const place = join(folder, dedupe ? 'once' : 'each');
  await buildIndex({
    inputs: [input],
    folder: place,
    allowed: new Uint8Array(256).fill(1),
    hint: '',
    tokensOf: (residues) => residues,
    batchTokens: plan.batchTokens,
    bucket: { sequences: plan.bucket, residues: 1e6 },
    dedupe,
  });
  return openIndex(place);
}

const few = fc.string({ unit: fc.constantFrom('A', 'C'), minLength: 1, maxLength: 3 });
const plans = fc.record({
  bucket: fc.integer({ min: 1, max: 7 }),
  batchTokens: fc.integer({ min: 1, max: 12 }),
});

test('each distinct sequence has one position, in the bucket of its first place, and each copy names it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(few, { minLength: 1, maxLength: 40 }), plans, async (sequences, plan) => {
      const index = await indexOf(sequences, plan);
      try {
        const firsts = sequences.map((each) => sequences.indexOf(each));
        const distinct = firsts.filter((first, at) => first === at);
        expect([index.sequences, index.positions]).toEqual([sequences.length, distinct.length]);
        const order: number[] = [];
        for (let bucket = 0; bucket < index.buckets; bucket++) {
          const { first, end, start, order: here } = await index.bucket(bucket);
          expect(start).toBe(order.length);
          for (const ordinal of here) expect(ordinal >= first && ordinal < end).toBe(true);
          order.push(...here);
        }
        expect([...order].sort((a, b) => a - b)).toEqual(distinct);
        const residues = await index.residues(0, index.positions);
        expect(residues.map((each) => Buffer.from(each).toString())).toEqual(
          order.map((at) => sequences[at]),
        );
        expect(await index.ids(0, index.positions)).toEqual(order.map((at) => `s${at}`));
        expect(await index.allIds()).toEqual(sequences.map((_, at) => `s${at}`));
        for (const [position, ordinal] of order.entries())
          expect(await index.ordinalAt(position)).toBe(ordinal);
        const copies: number[][] = [];
        await index.eachCopy((copy, original) => copies.push([copy, original]));
        const due = firsts.map((first, at) => [at, first]).filter(([at, first]) => at !== first);
        expect(copies).toEqual(due);
        expect(await index.idsOf(due.map(([at]) => at!))).toEqual(due.map(([at]) => `s${at}`));
        let next = 0;
        for (let batch = 0; batch < index.batches; batch++) {
          const [from, to] = index.batchRange(batch);
          expect(from).toBe(next);
          next = to;
        }
        expect(next).toBe(index.positions);
        await verifyIndex(join(folder, 'once'), index, new AbortController().signal);
      } finally {
        await index.close();
      }
    }),
    { numRuns: 150 },
  );
});

test('without identical sequences, the plan is the same as if none were looked for', async () => {
  const different = fc.uniqueArray(few, { minLength: 1, maxLength: 14 });
  await fc.assert(
    fc.asyncProperty(different, plans, async (sequences, plan) => {
      for (const dedupe of [true, false]) await (await indexOf(sequences, plan, dedupe)).close();
      for (const file of await readdir(join(folder, 'each')))
        if (!['summary.json', 'blocks.bin'].includes(file))
          expect(await readFile(join(folder, 'once', file))).toEqual(
            await readFile(join(folder, 'each', file)),
          );
    }),
    { numRuns: 50 },
  );
});

test('copies are found behind records that are left out, wherever the input is cut into chunks', async () => {
  const record = fc.record({ residues: few, fault: fc.constantFrom('none', 'none', 'residue', 'id') });
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, { minLength: 1, maxLength: 30 }),
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 }),
      async (records, lengths) => {
        const good: string[] = ['ACA'];
        const lines = records.map(({ residues, fault }, i) => {
          if (fault === 'none') good.push(residues);
          // Its fault is found at its end, when much of it is there already.
          return `>${fault === 'id' ? 'first' : `s${i}`}\n${residues}\n${residues}${fault === 'residue' ? '!' : ''}\n`;
        });
        const doubled = good.map((each, at) => (at === 0 ? each : each + each));
        const text = `>first\nACA\n${lines.join('')}`;
        const chunks: Buffer[] = [];
        for (let at = 0, i = 0; at < text.length; i++) {
          const length = lengths[i % lengths.length]!;
          chunks.push(Buffer.from(text.slice(at, at + length)));
          at += length;
        }
        await buildIndex({
          inputs: ['-'],
          stdin: Readable.from(chunks),
          folder: join(folder, 'skipped'),
          allowed: Uint8Array.from({ length: 256 }, (_, byte) => Number(byte === 0x41 || byte === 0x43)),
          hint: '',
          tokensOf: (residues) => residues,
          batchTokens: 10,
          bucket: { sequences: 5, residues: 1e6 },
          onBadRecord: 'skip',
          dedupe: true,
        });
        const index = await openIndex(join(folder, 'skipped'));
        try {
          const firsts = doubled.map((each) => doubled.indexOf(each));
          const copies: number[][] = [];
          await index.eachCopy((copy, original) => copies.push([copy, original]));
          expect(copies).toEqual(
            firsts.map((first, at) => [at, first]).filter(([at, first]) => at !== first),
          );
          const found = await index.residues(0, index.positions);
          const distinct = new Set(doubled);
          expect(new Set(found.map((each) => Buffer.from(each).toString()))).toEqual(distinct);
          expect(found).toHaveLength(distinct.size);
        } finally {
          await index.close();
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('every copy gets the row of its original, or none if that has none', async () => {
  const DIM = 3;
  await fc.assert(
    fc.asyncProperty(
      fc.array(few, { minLength: 1, maxLength: 40 }),
      plans,
      fc.array(few, { maxLength: 3 }),
      fc.integer({ min: 1, max: 5 }),
      async (sequences, plan, without, rowsAtOnce) => {
        const index = await indexOf(sequences, plan);
        try {
          const firsts = sequences.map((each) => sequences.indexOf(each));
          const there = [...sequences.keys()].filter((at) => !without.includes(sequences[at]!));
          const ordinals = new Set([...sequences.keys()].filter((at) => !there.includes(at)));
          const missing = new Set<number>();
          const rows: number[] = [];
          for (let position = 0; position < index.positions; position++) {
            const ordinal = await index.ordinalAt(position);
            if (ordinals.has(ordinal)) missing.add(position);
            else rows.push(...rowOf(ordinal));
          }
          async function* planned() {
            for (let at = 0; at < rows.length; at += DIM * rowsAtOnce)
              yield Float32Array.from(rows.slice(at, at + DIM * rowsAtOnce));
          }
          const scratch = join(folder, 'rows.tmp');
          const found: number[] = [];
          const ordered = inInputOrder(planned(), DIM, index, missing);
          {
            await using kept = await CopiedRows.open(index, scratch);
            for await (const part of withCopies(ordered, DIM, index, ordinals, kept)) found.push(...part);
          }
          expect(found).toEqual(there.flatMap((at) => rowOf(firsts[at]!)));
          expect(await readdir(folder)).not.toContain('rows.tmp');
        } finally {
          await index.close();
        }
      },
    ),
    { numRuns: 150 },
  );
});

const rowOf = (ordinal: number) => [ordinal, -ordinal, ordinal / 8];

test('the rows are read to their end, which may say that they were damaged, and are freed in any case', async () => {
  const index = await indexOf(['A', 'C', 'A', 'C'], { bucket: 7, batchTokens: 30 });
  const ends: string[] = [];
  async function* planned(end: string) {
    try {
      yield Float32Array.of(0, 1);
      if (end === 'damaged') throw new Error('damaged');
    } finally {
      ends.push(end);
    }
  }
  const joined = async (end: string, most = Number.POSITIVE_INFINITY) => {
    await using kept = await CopiedRows.open(index, join(folder, 'rows.tmp'));
    const found: number[] = [];
    for await (const part of withCopies(planned(end), 1, index, new Set(), kept)) {
      found.push(...part);
      if (found.length >= most) break;
    }
    return found;
  };
  expect(await joined('whole')).toEqual([0, 1, 0, 1]);
  await expect(joined('damaged')).rejects.toThrow('damaged');
  await joined('left', 1);
  expect(ends).toEqual(['whole', 'damaged', 'left']);
  await index.close();
});

test('rows that are larger than the buffers go through the scratch file', async () => {
  const dim = 40_000;
  const sequences = Array.from({ length: 60 }, (_, i) => 'A'.repeat(1 + (i % 20)));
  const index = await indexOf(sequences, { bucket: 7, batchTokens: 30 });
  async function* planned() {
    for (let position = 0; position < index.positions; position++)
      yield new Float32Array(dim).fill(await index.ordinalAt(position));
  }
  const found: number[] = [];
  const ordered = inInputOrder(planned(), dim, index);
  await using kept = await CopiedRows.open(index, join(folder, 'rows.tmp'));
  for await (const part of withCopies(ordered, dim, index, new Set(), kept))
    for (let at = 0; at < part.length; at += dim) {
      expect(part[at]).toBe(part[at + dim - 1]);
      found.push(part[at]!);
    }
  expect(found).toEqual(sequences.map((_, i) => i % 20));
  await index.close();
});
