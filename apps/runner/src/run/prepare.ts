import { readFile } from 'node:fs/promises';
import { isThere, removeDurably, renameDurably, systemErrorIn, systemTrouble } from '@holdfast/durable';
import { displayName, hashInput, InputError, type Translation } from '@holdfast/fasta';
import {
  allowedResidues,
  batchTokensOn,
  type LetterRules,
  type ModelSource,
  tokensOf,
} from '@holdfast/gpu-runtime';
import {
  AS_THEY_ARE,
  buildIndex,
  IndexError,
  type IndexProgress,
  type IndexSummary,
  type LetterUse,
  letterPlan,
  openIndex,
  PLAN,
  type SequenceIndex,
  verifyIndex,
  windowLimits,
} from '@holdfast/plan';
import {
  type Asked,
  announceRestart,
  type CutOff,
  cutOffRestart,
  differences,
  type FormatName,
  forgetRestart,
  holdsRun,
  knownRecord,
  type Layout,
  modelOptions,
  namesDue,
  newRunRecord,
  ownPaths,
  type ResultRecord,
  type Retry,
  RunFolderError,
  type RunRecord,
  readResult,
  refuseForeignRecord,
  releaseFolder,
  writeRunRecord,
} from '@holdfast/run-folder';
import { StoppedError, UsageError } from '../errors.js';

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
  /** Quarantined sequences that are tried again. Default: those that were set aside. */
  retry?: Retry;
  /** What the model knows of letters, and what a new run changes in them. */
  letters: { rules: LetterRules; use: LetterUse };
  /** Whether a run that is there is replaced. */
  forceRestart: boolean;
  /** Settles when it is known whether a new run's model can be used; awaited before anything of an older run is removed. */
  tried: Promise<void>;
  signal: AbortSignal;
  /** Called around each reading of the inputs. */
  reading?<T>(work: () => Promise<T>): Promise<T>;
  /** Called around what may take long without a word of its own. @param what what it is, such as `checking the result`. */
  checking?<T>(what: string, work: () => Promise<T>): Promise<T>;
  onProgress(progress: IndexProgress): void;
  onWarning(message: string): void;
}

export interface Prepared {
  record: RunRecord;
  index: SequenceIndex;
  resumed: boolean;
  /** The result that is there, where only quarantined sequences are to be tried again. */
  finished?: ResultRecord;
}

/**
 * The run in the folder if it is the one asked for (its result, if it is complete), or a new run with its plan. The
 * caller holds the folder's lock.
 */
export async function prepare(place: Layout, options: PrepareOptions): Promise<Prepared | ResultRecord> {
  if (options.forceRestart) return restart(place, options);
  const cutOff = await cutOffRestart(place, options);
  // What a restart was removing is not to come back.
  const found = cutOff !== null && !isThere(place.run) ? null : await recordIn(place, options, cutOff);
  if (found === null) {
    if (cutOff === 'same') return restart(place, options);
    if (cutOff === 'other') refuseCutOff(place);
    return begun(place, await plannedRun(place, options));
  }
  const { record, recovered } = found;
  if (cutOff === 'same') {
    const prepared = await restart(place, options, record);
    if (prepared !== null) return prepared;
  }
  const prepared = await resumed(place, record, options);
  // Where it cannot be written, as on a disk that is read-only by now, the result is complete all the same.
  if (recovered && !('index' in prepared)) await writeRunRecord(place.run, record).catch(() => undefined);
  await forgetRestart(place);
  return prepared;
}

/** The record of the run in the folder, rebuilt if need be. A restart that was cut off replaces a run that no record proves. */
async function recordIn(
  place: Layout,
  options: AskedOfResult,
  cutOff: CutOff = null,
): ReturnType<typeof knownRecord> {
  return knownRecord(place, { ...recovery(options), onWarning: options.onWarning }).catch(
    (error: unknown) => {
      if (cutOff === 'same' && error instanceof RunFolderError) return null;
      throw error;
    },
  );
}

/** What a record that is lost is put together from. */
function recovery(options: AskedOfResult) {
  const { batchTokens, shards, model, inputs } = options;
  return {
    asked: asked(options, []),
    // An earlier version took a device's number on the CPU too.
    batchTokens: [batchTokens, batchTokensOn(model, { kind: 'cpu' }), batchTokensOn(model, { kind: 'cuda' })],
    shards,
    // Standard input can be read only once, which is for the index.
    hashInputs: inputs.includes('-') ? null : () => hashInputs(options),
  };
}

async function resumed(
  place: Layout,
  record: RunRecord,
  options: PrepareOptions,
): Promise<Prepared | ResultRecord> {
  const { fingerprint } = record;
  const result = await intactResult(place, fingerprint, options);
  // An older plan cannot be worked on, but its result stands.
  const again =
    result !== null &&
    record.plan === PLAN &&
    (isThere(place.retry) || (await triesAgain(place, result, options.retry)));
  if (result !== null && !again) {
    await refuseDifferences(place, record, options, await hashInputs(options));
    return result;
  }
  await refuseOtherPlan(place, record, options);
  const index = await intactIndex(place, record, options);
  const finished = result === null ? {} : { finished: result };
  if (index === null) return { ...(await restoreIndex(place, record, options)), resumed: true, ...finished };
  try {
    const inputs = await hashInputs(options);
    await refuseDifferences(place, record, options, inputs);
    return { record, index, resumed: true, ...finished };
  } catch (error) {
    await index.close();
    throw error;
  }
}

/** What is asked of a run that may be complete. */
type AskedOfResult = Pick<
  PrepareOptions,
  | 'inputs'
  | 'model'
  | 'batchTokens'
  | 'shards'
  | 'threads'
  | 'translate'
  | 'letters'
  | 'format'
  | 'retry'
  | 'signal'
  | 'checking'
  | 'onWarning'
>;

/**
 * The result in a folder that cannot be written to, if it is complete and of the run that is asked for; else null. It needs no
 * lock: every byte is compared with what was written, so that a run that changes it meanwhile is found out.
 */
export async function completeResult(place: Layout, options: AskedOfResult): Promise<ResultRecord | null> {
  const found = await recordIn(place, options);
  if (found === null) return null;
  const { record } = found;
  const result = await intactResult(place, record.fingerprint, options);
  if (result === null) return null;
  await refuseDifferences(place, record, options, await hashInputs(options));
  if (await triesAgain(place, result, options.retry))
    options.onWarning(
      `${place.out} cannot be written to, so its quarantined sequences are not tried again; the result stands`,
    );
  return result;
}

const intactResult = (
  { result, out, embeddings }: Layout,
  run: string,
  options: AskedOfResult,
): Promise<ResultRecord | null> => {
  const { format, signal } = options;
  return checking(options, `checking the result in ${out}`, () =>
    readResult(result, { out, run, embeddings: embeddings(format), signal }),
  );
};

/** Whether a complete result leaves out sequences that are tried again. */
async function triesAgain(
  place: Layout,
  { quarantined = 0 }: ResultRecord,
  retry: Retry = 'set_aside',
): Promise<boolean> {
  return quarantined > 0 && namesDue(await readFile(place.quarantine, 'utf8'), retry);
}

/** Removes a run with its results, its record first: whatever happens half way, what is left is no run. The new index stays. */
async function removeRun(place: Layout): Promise<void> {
  for (const path of ownPaths(place)) if (path !== place.newIndex) await removeDurably(path);
}

/** Replaces the run in the folder. @param unless a run that stays if it is what is asked for; then nothing is returned. */
async function restart(place: Layout, options: PrepareOptions): Promise<Prepared>;
async function restart(place: Layout, options: PrepareOptions, unless: RunRecord): Promise<Prepared | null>;
async function restart(place: Layout, options: PrepareOptions, unless?: RunRecord): Promise<Prepared | null> {
  if (holdsRun(place)) await announceRestart(place, options);
  const planned = await plannedRun(place, options).catch(async (error: unknown) => {
    // What passes, or was stopped, is gone on with; what is refused is not.
    if (!(error instanceof StoppedError) && !systemTrouble(systemErrorIn(error))?.passing)
      await forgetRestart(place);
    throw error;
  });
  if (unless?.plan === PLAN && differences(unless, asked(options, planned.summary.inputs)).length === 0) {
    await removeDurably(place.newIndex);
    return null;
  }
  // Only now that the input is known to be good.
  await removeRun(place);
  const prepared = await begun(place, planned);
  await forgetRestart(place);
  return prepared;
}

/** A new run's plan, which lies in the folder's new index. */
interface Planned {
  summary: IndexSummary;
  record: RunRecord;
}

async function plannedRun(place: Layout, options: PrepareOptions): Promise<Planned> {
  try {
    const batchTokens = options.batchTokens ?? (await options.chooseBatchTokens());
    const shards = options.shards ?? options.defaultShards;
    const recordOf = (inputs: RunRecord['inputs']) =>
      newRunRecord({ ...asked(options, inputs), batch_tokens: batchTokens, shards });
    const { use } = options.letters;
    const summary = await reading(options, () =>
      indexInputs(place, options, { batchTokens, use, runOf: recordOf }),
    );
    await options.tried;
    return { summary, record: recordOf(summary.inputs) };
  } catch (error) {
    await removeDurably(place.newIndex);
    await releaseFolder(place);
    throw error;
  }
}

async function begun(place: Layout, planned: Planned): Promise<Prepared> {
  const index = await installIndex(place);
  const record = { ...planned.record, index: index.digest };
  await writeRunRecord(place.run, record);
  return { record, index, resumed: false };
}

/** The index of the run on disk, every byte verified; null when it is damaged, or nothing proves that it is this run's. */
async function intactIndex(
  place: Layout,
  record: RunRecord,
  options: PrepareOptions,
): Promise<SequenceIndex | null> {
  const { signal, onWarning } = options;
  if (record.index === undefined) {
    await refuseForeign(place, record, options, 'nothing in the folder is of that run');
    // Another run of the same IDs may have left it: only what the input gives again is known to be this run's.
    onWarning(`${place.run} does not say which index is the run's; the index is made anew from the input`);
    return null;
  }
  let index: SequenceIndex | undefined;
  try {
    index = await openIndex(place.index, record.index);
    if (index.summary.run?.fingerprint !== record.fingerprint)
      throw new IndexError('index_other', place.index, 'it belongs to another run');
    const opened = index;
    await checking(options, `checking ${place.index}`, () => verifyIndex(place.index, opened, signal));
    return index;
  } catch (error) {
    await index?.close();
    if (!(error instanceof IndexError) || error.code === 'index_unreadable') throw error;
    await refuseForeign(place, record, options, 'nothing in the folder is of that run');
    onWarning(`${error.message}; the index is made anew from the input`);
    return null;
  }
}

/** Standard input can be read only once, so the hashes that are compared are those of the reading for the new index. */
async function restoreIndex(
  place: Layout,
  record: RunRecord,
  options: PrepareOptions,
): Promise<Pick<Prepared, 'record' | 'index'>> {
  const batchTokens = options.batchTokens ?? record.batch_tokens;
  const use = record.letters ?? AS_THEY_ARE;
  const { index: _, ...described } = record;
  const { inputs } = await reading(options, () =>
    indexInputs(place, options, { batchTokens, use, runOf: () => described }),
  );
  try {
    await refuseDifferences(place, record, options, inputs);
  } catch (error) {
    await removeDurably(place.newIndex);
    throw error;
  }
  const index = await installIndex(place);
  const restored = { ...record, index: index.digest };
  await writeRunRecord(place.run, restored);
  return { record: restored, index };
}

async function hashInputs(options: AskedOfResult): Promise<RunRecord['inputs']> {
  const { inputs, signal } = options;
  const hashed = [];
  for (const path of inputs) {
    const what = `reading ${displayName(path)}, to see whether it is what the run was begun with`;
    const digest = await checking(options, what, () => hashInput(path, { signal }));
    hashed.push({ path, ...digest });
  }
  return hashed;
}

function asked(
  { model, batchTokens, shards, threads, translate, letters }: AskedOfResult,
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
    letters: letters.use,
  };
}

async function refuseDifferences(
  place: Layout,
  record: RunRecord,
  options: AskedOfResult,
  inputs: RunRecord['inputs'],
): Promise<void> {
  // Nothing is begun without a sequence, so this is no other input.
  const empty = inputs.find(({ bytes }) => bytes === 0);
  if (empty !== undefined)
    throw new InputError('empty', { file: empty.path }, 'nothing came from it; check what was to write it');
  const differ = differences(record, asked(options, inputs));
  if (differ.length === 0) return;
  await refuseForeign(place, record, { ...options, hashed: inputs }, differ.join('; '));
  throw new UsageError(
    `${place.out} holds another run, and resuming would mix the two: ${differ.join('; ')}. Use what it was begun with, or another --out, or --force-restart to begin anew`,
  );
}

/** Refuses a record that was put over another run's work. @param options `hashed`: the inputs, where they were read already. */
async function refuseForeign(
  place: Layout,
  record: RunRecord,
  options: AskedOfResult & { hashed?: RunRecord['inputs'] },
  reason: string,
): Promise<void> {
  const { hashed } = options;
  const { hashInputs: unread, ...known } = recovery(options);
  const hashInputs = unread && (() => (hashed ? Promise.resolve(hashed) : unread()));
  await refuseForeignRecord(place, { ...known, hashInputs, record, reason });
}

/** Batches of another plan hold other sequences, so its checkpoints can be neither gone on with nor joined. */
async function refuseOtherPlan(place: Layout, record: RunRecord, options: PrepareOptions): Promise<void> {
  const { plan } = record;
  if (plan === PLAN) return;
  await refuseForeign(place, record, options, `plan ${plan}; this version has plan ${PLAN}`);
  const [version, way] = plan < PLAN ? ['an earlier', 'in input order'] : ['a later', 'in another way'];
  throw new UsageError(
    `${place.out} holds a run of ${version} version of holdfast, which cut its batches ${way} (plan ${plan}; this version has plan ${PLAN}), and resuming would mix the two. Use that version to resume it, or another --out, or --force-restart to begin anew`,
  );
}

/** Reads the inputs into a new index beside the place of the index; nothing of it is left after an error. */
async function indexInputs(
  place: Layout,
  options: PrepareOptions,
  {
    batchTokens,
    use,
    runOf,
  }: { batchTokens: number; use: LetterUse; runOf: (inputs: IndexSummary['inputs']) => RunRecord },
): Promise<IndexSummary> {
  const { inputs, model, translate, letters, signal, onProgress } = options;
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
      letters: letterPlan(letters.rules, use, model.alphabet),
      runOf,
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

/** What a restart had removed is gone, and what is left is of no run. */
function refuseCutOff(place: Layout): never {
  throw new UsageError(
    `${place.out}: a --force-restart of another command was cut off here after it removed the run. Rerun that command, or use another --out, or --force-restart for this one`,
  );
}

/** Watches a reading where somebody wants to. */
const reading = <T>(options: PrepareOptions, work: () => Promise<T>): Promise<T> =>
  options.reading === undefined ? work() : options.reading(work);

const checking = <T>({ checking }: AskedOfResult, what: string, work: () => Promise<T>): Promise<T> =>
  checking === undefined ? work() : checking(what, work);
