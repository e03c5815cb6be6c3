import { existsSync } from 'node:fs';
import { access, constants, readdir } from 'node:fs/promises';
import { makeDirectoryDurably, removeDurably, renameDurably } from '@holdfast/durable';
import { allowedResidues, type ModelSource, tokensOf } from '@holdfast/gpu-runtime';
import { UsageError } from './errors.js';
import { buildIndex, type IndexProgress, openIndex, type SequenceIndex } from './index-store/index.js';
import { checkInputs, hashInput } from './input/index.js';
import type { Layout } from './layout.js';
import { formats } from './output/index.js';
import { differences, newRunRecord, type RunRecord, readRunRecord, writeRunRecord } from './run-record.js';

export interface PrepareOptions {
  inputs: readonly string[];
  model: ModelSource;
  batchTokens: number;
  /** Shards asked for on the command line; undefined leaves the choice to `defaultShards`, or to the run on disk. */
  shards: number | undefined;
  defaultShards: number;
  signal: AbortSignal;
  onProgress(progress: IndexProgress): void;
}

export interface Prepared {
  record: RunRecord;
  index: SequenceIndex;
  resumed: boolean;
}

/** Makes the output folder where it is missing, and finds out beforehand whether it can be written to. */
export async function makeOutputFolder(out: string): Promise<void> {
  try {
    await makeDirectoryDurably(out);
    await access(out, constants.W_OK | constants.X_OK);
    await readdir(out);
  } catch (cause) {
    const { code = 'error', message } = cause as NodeJS.ErrnoException;
    throw new UsageError(
      `${out}: the output folder cannot be written to (${code}: ${message}); name another --out`,
      { cause },
    );
  }
}

/** The run in the folder if it is the one asked for, or a new run with its plan. The caller holds the folder's lock. */
export async function prepare(place: Layout, options: PrepareOptions): Promise<Prepared> {
  const record = await readRunRecord(place.run);
  if (record !== null) return { record, index: await resumePlan(place, record, options), resumed: true };
  await refuseForeignFiles(place);
  return { ...(await makePlan(place, options)), resumed: false };
}

/** Removes a run with its results, its record first: whatever happens half way, what is left is no run. */
export async function removeRun(place: Layout): Promise<void> {
  await removeDurably(place.run);
  await removeDurably(place.result);
  for (const format of Object.keys(formats)) await removeDurably(place.embeddings(format));
  for (const path of [place.ids, place.checkpoints, place.index, place.newIndex, place.logs])
    await removeDurably(path);
}

async function resumePlan(place: Layout, record: RunRecord, options: PrepareOptions): Promise<SequenceIndex> {
  await checkInputs(options.inputs);
  const inputs = [];
  for (const path of options.inputs)
    inputs.push({ path, ...(await hashInput(path, { signal: options.signal })) });
  const { name, fingerprint } = options.model;
  const asked = {
    inputs,
    model: { name, fingerprint },
    batch_tokens: options.batchTokens,
    shards: options.shards,
  };
  const differ = differences(record, asked);
  if (differ.length > 0) {
    throw new UsageError(
      `${place.out} holds another run, and resuming would mix the two: ${differ.join('; ')}. Use another --out, or --force-restart to begin anew`,
    );
  }
  return openIndex(place.index);
}

async function makePlan(
  place: Layout,
  options: PrepareOptions,
): Promise<{ record: RunRecord; index: SequenceIndex }> {
  const { model, batchTokens, signal, onProgress } = options;
  await checkInputs(options.inputs);
  await removeDurably(place.newIndex);
  try {
    await buildIndex({
      inputs: options.inputs,
      folder: place.newIndex,
      allowed: allowedResidues(model.alphabet),
      hint: `the model ${model.name} reads ${model.alphabet === 'dna' ? 'nucleotides' : 'proteins'}; give it such a file, or choose another --model`,
      tokensOf: (residues) => tokensOf(model, residues),
      batchTokens,
      maxResidues: model.maxResidues,
      signal,
      onProgress,
    });
  } catch (error) {
    await removeDurably(place.newIndex);
    throw error;
  }
  await removeDurably(place.index);
  await renameDurably(place.newIndex, place.index);
  const index = await openIndex(place.index);
  const record = newRunRecord({
    inputs: index.summary.inputs,
    model: { name: model.name, fingerprint: model.fingerprint },
    batch_tokens: batchTokens,
    shards: options.shards ?? options.defaultShards,
  });
  await writeRunRecord(place.run, record);
  return { record, index };
}

/** Without a run record, what lies there under our names is somebody else's, or a run whose record was lost. */
async function refuseForeignFiles(place: Layout): Promise<void> {
  const ours = [place.checkpoints, place.result, place.ids, ...Object.keys(formats).map(place.embeddings)];
  const found = ours.find((path) => existsSync(path));
  if (found === undefined) return;
  throw new UsageError(
    `${found} is already there, but ${place.run} is not: it would be written over. Use another --out, or --force-restart to remove it`,
  );
}
