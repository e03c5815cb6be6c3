import { existsSync } from 'node:fs';
import { removeDurably, renameDurably } from '@holdfast/durable';
import { allowedResidues, type ModelSource, tokensOf } from '@holdfast/gpu-runtime';
import { ownPaths, releaseFolder } from './claim.js';
import { UsageError } from './errors.js';
import {
  buildIndex,
  IndexError,
  type IndexProgress,
  type IndexSummary,
  openIndex,
  PLAN,
  type SequenceIndex,
  verifyIndex,
  windowLimits,
} from './index-store/index.js';
import { hashInput } from './input/index.js';
import type { Layout } from './layout.js';
import { modelOptions } from './model-options.js';
import { type FormatName, formats } from './output/index.js';
import { type ResultRecord, readResult } from './result-record.js';
import {
  type Asked,
  differences,
  newRunRecord,
  type RunRecord,
  readRunRecord,
  writeRunRecord,
} from './run-record.js';
import type { Translation } from './translate/index.js';

export interface PrepareOptions {
  inputs: readonly string[];
  model: ModelSource;
  /** Tokens of a batch that were asked for; undefined leaves them to the run on disk, or to `chooseBatchTokens`. */
  batchTokens: number | undefined;
  /** Those of a new run. */
  chooseBatchTokens(): Promise<number>;
  /** Shards asked for on the command line; undefined leaves the choice to `defaultShards`, or to the run on disk. */
  shards: number | undefined;
  /** Threads of a worker asked for; undefined: any. */
  threads: number | undefined;
  defaultShards: number;
  format: FormatName;
  translate: Translation | undefined;
  /** Whether a run that is there is replaced. */
  forceRestart: boolean;
  /** Settles when it is known whether a new run's model can be used; awaited before anything of an older run is removed. */
  tried: Promise<void>;
  signal: AbortSignal;
  /** Called around each reading of the inputs. */
  reading<T>(work: () => Promise<T>): Promise<T>;
  onProgress(progress: IndexProgress): void;
  onWarning(message: string): void;
}

export interface Prepared {
  record: RunRecord;
  index: SequenceIndex;
  resumed: boolean;
}

/**
 * The run in the folder if it is the one asked for (its result, if it is complete), or a new run with its plan. The
 * caller holds the folder's lock.
 */
export async function prepare(place: Layout, options: PrepareOptions): Promise<Prepared | ResultRecord> {
  if (options.forceRestart) return newRun(place, options);
  const record = await readRunRecord(place.run);
  if (record === null) {
    refuseLostRun(place);
    return newRun(place, options);
  }
  const embeddings = place.embeddings(options.format);
  const { fingerprint: run } = record;
  const result = await readResult(place.result, {
    out: place.out,
    run,
    embeddings,
    signal: options.signal,
  });
  if (result !== null) {
    const inputs = await options.reading(() => hashInputs(options));
    refuseDifferences(place, record, options, inputs);
    return result;
  }
  refuseOtherPlan(place, record);
  const index = await intactIndex(place, options);
  if (index === null) return { record, index: await restoreIndex(place, record, options), resumed: true };
  try {
    const inputs = await options.reading(() => hashInputs(options));
    refuseDifferences(place, record, options, inputs);
    return { record, index, resumed: true };
  } catch (error) {
    await index.close();
    throw error;
  }
}

/** Removes a run with its results, its record first: whatever happens half way, what is left is no run. The new index stays. */
async function removeRun(place: Layout): Promise<void> {
  for (const path of ownPaths(place)) if (path !== place.newIndex) await removeDurably(path);
}

async function newRun(place: Layout, options: PrepareOptions): Promise<Prepared> {
  let batchTokens: number;
  try {
    batchTokens = options.batchTokens ?? (await options.chooseBatchTokens());
    await options.reading(() => indexInputs(place, options, batchTokens));
    await options.tried;
  } catch (error) {
    await removeDurably(place.newIndex);
    await releaseFolder(place);
    throw error;
  }
  // Only now that the input is known to be good.
  if (options.forceRestart) await removeRun(place);
  const index = await installIndex(place);
  const record = newRunRecord({
    ...asked(options, index.summary.inputs),
    batch_tokens: batchTokens,
    shards: options.shards ?? options.defaultShards,
  });
  await writeRunRecord(place.run, record);
  return { record, index, resumed: false };
}

/** The index of the run on disk, every byte verified; null when it is damaged. */
async function intactIndex(
  place: Layout,
  { signal, onWarning }: PrepareOptions,
): Promise<SequenceIndex | null> {
  let index: SequenceIndex | undefined;
  try {
    index = await openIndex(place.index);
    await verifyIndex(place.index, index, signal);
    return index;
  } catch (error) {
    await index?.close();
    if (!(error instanceof IndexError) || error.code === 'index_unreadable') throw error;
    onWarning(`${error.message}; the index is made anew from the input`);
    return null;
  }
}

/** Standard input can be read only once, so the hashes that are compared are those of the reading for the new index. */
async function restoreIndex(
  place: Layout,
  record: RunRecord,
  options: PrepareOptions,
): Promise<SequenceIndex> {
  const batchTokens = options.batchTokens ?? record.batch_tokens;
  const { inputs } = await options.reading(() => indexInputs(place, options, batchTokens));
  try {
    refuseDifferences(place, record, options, inputs);
  } catch (error) {
    await removeDurably(place.newIndex);
    throw error;
  }
  return installIndex(place);
}

async function hashInputs({ inputs, signal }: PrepareOptions): Promise<RunRecord['inputs']> {
  const hashed = [];
  for (const path of inputs) hashed.push({ path, ...(await hashInput(path, { signal })) });
  return hashed;
}

function asked(
  { model, batchTokens, shards, threads, translate }: PrepareOptions,
  inputs: RunRecord['inputs'],
): Asked {
  const { name, fingerprint } = model;
  return {
    inputs,
    model: { name, fingerprint },
    batch_tokens: batchTokens,
    shards,
    threads,
    model_options: modelOptions(model),
    ...(translate && { translate }),
  };
}

function refuseDifferences(
  place: Layout,
  record: RunRecord,
  options: PrepareOptions,
  inputs: RunRecord['inputs'],
): void {
  const differ = differences(record, asked(options, inputs));
  if (differ.length === 0) return;
  throw new UsageError(
    `${place.out} holds another run, and resuming would mix the two: ${differ.join('; ')}. Use another --out, or --force-restart to begin anew`,
  );
}

/** Batches of another plan hold other sequences, so its checkpoints can be neither gone on with nor joined. */
function refuseOtherPlan(place: Layout, { plan }: RunRecord): void {
  if (plan === PLAN) return;
  const [version, way] = plan < PLAN ? ['an earlier', 'in input order'] : ['a later', 'in another way'];
  throw new UsageError(
    `${place.out} holds a run of ${version} version of holdfast, which cut its batches ${way} (plan ${plan}; this version has plan ${PLAN}), and resuming would mix the two. Use another --out, or --force-restart to begin anew`,
  );
}

/** Reads the inputs into a new index beside the place of the index; nothing of it is left after an error. */
async function indexInputs(
  place: Layout,
  options: PrepareOptions,
  batchTokens: number,
): Promise<IndexSummary> {
  const { inputs, model, translate, signal, onProgress } = options;
  await removeDurably(place.newIndex);
  try {
    return await buildIndex({
      inputs,
      folder: place.newIndex,
      allowed: allowedResidues(translate ? 'dna' : model.alphabet),
      hint: translate
        ? '--translate reads nucleotides; leave it out for a file of proteins'
        : `the model ${model.name} reads ${model.alphabet === 'dna' ? 'nucleotides' : 'proteins'}; give it such a file, or choose another --model`,
      ...(translate && { translate }),
      tokensOf: (residues) => tokensOf(model, residues),
      batchTokens,
      window: windowLimits(model.dim),
      maxResidues: model.maxResidues,
      signal,
      onProgress,
    });
  } catch (error) {
    await removeDurably(place.newIndex);
    throw error;
  }
}

async function installIndex(place: Layout): Promise<SequenceIndex> {
  await removeDurably(place.index);
  await renameDurably(place.newIndex, place.index);
  return openIndex(place.index);
}

/** Without a run record, rows and results are those of a run whose record was lost. */
function refuseLostRun(place: Layout): void {
  const files = [place.result, place.ids, place.quarantine, ...Object.keys(formats).map(place.embeddings)];
  const ours = [place.checkpoints, ...files];
  const found = ours.find((path) => existsSync(path));
  if (found === undefined) return;
  throw new UsageError(
    `${found} is there, but ${place.run} is not, so that nobody knows of which run it is. Use another --out, or --force-restart to remove it`,
  );
}
