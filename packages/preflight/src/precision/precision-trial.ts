import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { attempt, CPU, InferenceError, loadModel, nonFiniteRows, resolveModel } from '@holdfast/gpu-runtime';
import { print } from '../model/print.js';
import type { PrecisionReport, PrecisionTrial } from './compare-precisions.js';
import { cosine } from './cosine.js';

// A helper that embeds sequences in two precisions, one after the other, so that memory need not hold both. It prints each step
// before taking it; its report is the last line of its output.

const cosines: number[] = [];
const { model, overrides, device, sample } = JSON.parse(process.argv[2]!) as PrecisionTrial;

async function load(precision: PrecisionTrial['overrides']['precision'], on = device) {
  print({ stage: `loading the model in ${precision}` });
  const source = await resolveModel(model, { ...overrides, precision });
  return loadModel(source, { intraOpThreads: availableParallelism(), device: on });
}

/** Rows of all sequences, or null for those that the model fails on. */
async function rowsIn(
  loaded: Awaited<ReturnType<typeof load>>,
  sequences: readonly string[],
): Promise<(Float32Array | null)[]> {
  const all: (Float32Array | null)[] = [];
  for (const [i, residues] of sequences.entries()) {
    print({ stage: `embedding sequence ${i + 1} of ${sequences.length}` });
    all.push((await attempt(loaded, [residues])).rows);
  }
  await loaded.release();
  return all;
}

async function compare(): Promise<void> {
  const sequences = (await readFile(sample, 'latin1')).split('\n');
  const full = await load('fp32').catch((error: unknown) => {
    // A GPU may have room for half precision only.
    if (device.kind === 'cpu' || !(error instanceof InferenceError)) throw error;
    return load('fp32', CPU);
  });
  const { dim } = full.source;
  const right = await rowsIn(full, sequences);
  const lower = await rowsIn(await load(overrides.precision), sequences);
  for (const [i, rows] of right.entries()) {
    if (rows === null || nonFiniteRows(rows, dim).length > 0) continue;
    const other = lower[i]!;
    cosines.push(other === null ? 0 : cosine(rows, other));
  }
}

const failed = await compare().then(
  () => null,
  (error: unknown) => (error instanceof Error ? error.message : String(error)),
);
const report: PrecisionReport = { cosines, failed };
print(report, () => process.exit());
