import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allowedResidues } from '@holdfast/gpu-runtime';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildIndex, openIndex } from '../index-store/index.js';
import { countLetters } from './count-index.js';
import { letterPlan } from './letter-plan.js';
import { AS_THEY_ARE } from './letter-use.js';

const known = Uint8Array.from({ length: 256 }, (_, byte) =>
  'ACDEFGHIKLMNPQRSTVWYX-'.includes(String.fromCharCode(byte)) ? 1 : 0,
);
const plan = letterPlan({ known }, AS_THEY_ARE, 'protein');

async function bothCounts(sequences: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'count-index-'));
  const input = join(folder, 'in.fa');
  await writeFile(input, sequences.map((residues, i) => `>s${i}\n${residues}\n`).join(''));
  const summary = await buildIndex({
    inputs: [input],
    folder: join(folder, 'index'),
    allowed: allowedResidues('protein'),
    hint: '',
    tokensOf: (residues) => residues,
    batchTokens: 30,
    window: { sequences: 7, residues: 1e9 },
    letters: plan,
  });
  const index = await openIndex(join(folder, 'index'));
  try {
    const { signal } = new AbortController();
    return { built: summary.letters, counted: await countLetters(index, plan, signal) };
  } finally {
    await index.close();
  }
}

test('what an index holds is counted as it would have been when it was made, in input order', async () => {
  const letter = fc.constantFrom(...'ACDEFG', ...'XJ*-.');
  const sequence = fc.string({ unit: letter, minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(fc.array(sequence, { minLength: 1, maxLength: 40 }), async (sequences) => {
      const { built, counted } = await bothCounts(sequences);
      expect(counted).toEqual(built);
    }),
    { numRuns: 30 },
  );
});

test('sequences longer than a portion are counted too, stops at its end among them', async () => {
  const long = `${'A'.repeat(64 * 1024 - 1)}*${'J'.repeat(64 * 1024)}*`;
  const { built, counted } = await bothCounts(['AC', long, long.slice(0, 64 * 1024)]);
  expect(counted).toEqual(built);
  expect(counted.unknown.letters['J']!.letters).toBe(64 * 1024);
  expect(counted.final_stops.letters).toBe(2);
  expect(counted.other_stops.letters).toBe(1);
});

test('a stop of the run ends the counting', async () => {
  const reason = new Error('stopped');
  const index = { sequences: 1 } as Awaited<ReturnType<typeof openIndex>>;
  await expect(countLetters(index, plan, AbortSignal.abort(reason))).rejects.toBe(reason);
});
