import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import {
  attempt,
  CPU,
  type EmbeddingModel,
  InferenceError,
  loadModel,
  nonFiniteRows,
  type Precision,
  resolveModel,
} from '@holdfast/gpu-runtime';
import { print } from '../model/print.js';
import type { PrecisionReport, PrecisionTrial } from './compare-precisions.js';
import { cosine } from './cosine.js';

// A helper that embeds sequences in two precisions. It prints each step before taking it; its report is the last line of its
// output.

const { model, overrides, device, sample } = JSON.parse(process.argv[2]!) as PrecisionTrial;

async function load(precision: Precision, on = device): Promise<EmbeddingModel> {
  print({ stage: `loading the model in ${precision}` });
  const source = await resolveModel(model, { ...overrides, precision });
  return loadModel(source, { intraOpThreads: availableParallelism(), device: on });
}

/** A row for each sequence; null for those that the model fails on. Releases the model. */
async function embedAll(
  loaded: EmbeddingModel,
  precision: Precision,
  sequences: readonly string[],
): Promise<(Float32Array | null)[]> {
  const all: (Float32Array | null)[] = [];
  for (const [i, residues] of sequences.entries()) {
    print({ stage: `embedding sequence ${i + 1} of ${sequences.length} in ${precision}` });
    const { rows } = await attempt(loaded, [residues]);
    all.push(rows === null || nonFiniteRows(rows, loaded.source.dim).length > 0 ? null : rows);
  }
  await loaded.release();
  return all;
}

async function compare(): Promise<number[]> {
  const sequences = (await readFile(sample, 'latin1')).split('\n');
  // One precision, then the other: memory need not hold both, and idle threads of a session, which spin for a while, take no
  // cores from another.
  const full = await load('fp32').catch((error: unknown) => {
    // A GPU may have room for half precision only.
    if (device.kind === 'cpu' || !(error instanceof InferenceError)) throw error;
    return load('fp32', CPU);
  });
  const rows = await embedAll(full, 'fp32', sequences);
  const precision = overrides.precision!;
  const lower = await embedAll(await load(precision), precision, sequences);
  return rows.flatMap((row, i) => (row === null ? [] : [lower[i] ? cosine(row, lower[i]) : 0]));
}

let report: PrecisionReport;
try {
  report = { cosines: await compare(), failed: null };
} catch (error) {
  report = { cosines: [], failed: error instanceof Error ? error.message : String(error) };
}
print(report, () => process.exit());
