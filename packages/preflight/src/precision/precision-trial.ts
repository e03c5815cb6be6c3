import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { attempt, loadModel, nonFiniteRows, resolveModel } from '@holdfast/gpu-runtime';
import { print } from '../model/print.js';
import type { PrecisionReport, PrecisionTrial } from './compare-precisions.js';
import { cosine } from './cosine.js';

// A helper that embeds sequences in two precisions. It prints each step before taking it; its report is the last line of its
// output.

const cosines: number[] = [];

async function compare(): Promise<void> {
  const { model, overrides, sample } = JSON.parse(process.argv[2]!) as PrecisionTrial;
  const load = async (each: PrecisionTrial['overrides']) => {
    print({ stage: `loading the model in ${each.precision}` });
    return loadModel(await resolveModel(model, each), { intraOpThreads: availableParallelism() });
  };
  const full = await load({ ...overrides, precision: 'fp32' });
  const lower = await load(overrides);
  const sequences = (await readFile(sample, 'latin1')).split('\n');
  for (const [i, residues] of sequences.entries()) {
    print({ stage: `embedding sequence ${i + 1} of ${sequences.length}` });
    const { rows } = await attempt(full, [residues]);
    if (rows === null || nonFiniteRows(rows, full.source.dim).length > 0) continue;
    const other = await attempt(lower, [residues]);
    cosines.push(other.rows === null ? 0 : cosine(rows, other.rows));
  }
}

const failed = await compare().then(
  () => null,
  (error: unknown) => (error instanceof Error ? error.message : String(error)),
);
const report: PrecisionReport = { cosines, failed };
print(report, () => process.exit());
