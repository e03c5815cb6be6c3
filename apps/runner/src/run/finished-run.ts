import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { mayBeThere } from '@holdfast/durable';
import { checkInputs } from '@holdfast/fasta';
import { isAtHand, isPinned } from '@holdfast/models';
import { readingUse } from '@holdfast/plan';
import {
  cutFieldsOf,
  differences,
  type Layout,
  namesDue,
  type ResultRecord,
  type RunRecord,
  readResult,
  readRunRecord,
  sameGiven,
} from '@holdfast/run-folder';
import { type EmbedOptions, runPlace, type Stop } from '../embed-options.js';
import type { Report } from '../events.js';
import { hashInputs } from './asked-run.js';
import { cutOf } from './cut-of.js';
import { givenModel } from './given-model.js';
import { otherRun, refuseEmpty } from './refuse-other-run.js';
import { longWork } from './waits.js';

/**
 * The result of a finished run whose model is no longer on this machine: nothing is downloaded to say that a run is complete. It
 * only reads, and checks every byte of the result, so it takes no lock.
 *
 * @returns null if the model is there, if the command may ask for another one, or if anything is left to do.
 * @throws UsageError if the folder holds another run; InputError; HubError for invalid settings; the signal's reason.
 */
export async function finishedWithoutModel(
  options: EmbedOptions,
  report: Report,
  stop: Stop,
): Promise<ResultRecord | null> {
  const place = runPlace(options);
  if (options.forceRestart || mayBeThere(place.restart) || mayBeThere(place.retry)) return null;
  // A damaged record is rebuilt with the help of the model.
  const record = await readRunRecord(place.run).catch(() => null);
  if (record === null || !asksForModelOf(record, options)) return null;
  const { hub } = record.model;
  if (await isAtHand(options.model, hub)) return null;
  const { signal } = stop;
  const result = await longWork(`checking the result in ${place.out}`, report, () =>
    readResult(place.result, {
      out: place.out,
      run: record.fingerprint,
      embeddings: place.embeddings(options.format),
      signal,
    }),
  );
  if (result === null || (await hasDue(place, result, options))) return null;
  await checkInputs(options.inputs);
  await refuseOther(place, record, options, { report, signal });
  if (hub === undefined)
    report({
      type: 'warning',
      message: `${resolve(options.model)} is no longer there, so the model was not compared with that of the run; the result is of ${record.model.name} as it was then`,
    });
  return result;
}

/** Whether the command gives the model as the one did that began the run; what is there by default may have changed since. */
function asksForModelOf({ given, model: { hub } }: RunRecord, options: EmbedOptions): boolean {
  const { model, overrides, minCosine } = options;
  // It needs a lower precision, which the usual way checks.
  if (minCosine !== undefined && (overrides?.precision ?? 'fp32') === 'fp32') return false;
  if (hub !== undefined && !isPinned(model, hub)) return false;
  const asked = givenModel(options, hub === undefined ? resolve(model) : undefined);
  return given !== undefined && sameGiven(given, asked);
}

/** Whether quarantined sequences are to be reattempted. */
async function hasDue(
  place: Layout,
  { quarantined = 0 }: ResultRecord,
  { retryQuarantined }: EmbedOptions,
): Promise<boolean> {
  if (quarantined === 0) return false;
  return namesDue(await readFile(place.quarantine, 'utf8'), retryQuarantined ? 'all' : 'set_aside');
}

/** Compares everything but the model and its letters. */
async function refuseOther(
  place: Layout,
  record: RunRecord,
  options: EmbedOptions,
  { report, signal }: { report: Report; signal: AbortSignal },
): Promise<void> {
  const checking = <T>(what: string, work: () => Promise<T>) => longWork(what, report, work);
  const inputs = await hashInputs({ inputs: options.inputs, signal, checking });
  refuseEmpty(inputs);
  const { batchTokens, shards, threads, dedupe = true } = options;
  const { model, outputs, model_options, letters } = record;
  const reading = readingUse(options);
  const differ = differences(record, {
    inputs,
    model,
    batch_tokens: batchTokens === 'auto' ? undefined : batchTokens,
    shards,
    threads,
    ...(outputs && { outputs }),
    ...(model_options && { model_options }),
    ...cutFieldsOf(cutOf(options)),
    ...(letters && { letters }),
    ...(dedupe && { identical: 'once' as const }),
    ...(reading && { reading }),
  });
  if (differ.length > 0) throw otherRun(place, differ);
}
