import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { attempt, loadModel, nonFiniteRows, type Precision, resolveModel } from '@holdfast/gpu-runtime';
import { print } from '../model/print.js';
import type { PrecisionReport, PrecisionTrial } from './compare-precisions.js';
import { cosine } from './cosine.js';

// A helper that embeds sequences in two precisions. It prints each step before taking it; its report is the last line of its
// output.

const { model, overrides, sample } = JSON.parse(process.argv[2]!) as PrecisionTrial;

/** A row for each sequence; null for those that the model fails on. */
async function embedAll(
  precision: Precision,
  sequences: readonly string[],
): Promise<(Float32Array | null)[]> {
  print({ stage: `loading the model in ${precision}` });
  const source = await resolveModel(model, { ...overrides, precision });
  const loaded = await loadModel(source, { intraOpThreads: availableParallelism() });
  const all: (Float32Array | null)[] = [];
  for (const [i, residues] of sequences.entries()) {
    print({ stage: `embedding sequence ${i + 1} of ${sequences.length} in ${precision}` });
    const { rows } = await attempt(loaded, [residues]);
    all.push(rows === null || nonFiniteRows(rows, source.dim).length > 0 ? null : rows);
  }
  await loaded.release();
  return all;
}

async function compare(): Promise<number[]> {
  const sequences = (await readFile(sample, 'latin1')).split('\n');
  // One precision, then the other: idle threads of a session spin for a while, and would keep cores from the other session.
  const full = await embedAll('fp32', sequences);
  const lower = await embedAll(overrides.precision!, sequences);
  return full.flatMap((row, i) => (row === null ? [] : [lower[i] ? cosine(row, lower[i]) : 0]));
}

let report: PrecisionReport;
try {
  report = { cosines: await compare(), failed: null };
} catch (error) {
  report = { cosines: [], failed: error instanceof Error ? error.message : String(error) };
}
print(report, () => process.exit());
