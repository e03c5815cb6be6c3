import { availableParallelism } from 'node:os';
import {
  isThere,
  makeDirectoryDurably,
  mayBeThere,
  NO_FOLDER_SYNC,
  removeDurably,
  syncsDirectories,
  systemErrorCode,
  systemErrorIn,
  writeFileDurably,
} from '@holdfast/durable';
import { checkInputs } from '@holdfast/fasta';
import {
  batchTokensOn,
  builtInModels,
  CPU,
  formatDevice,
  letterRules,
  type ModelSource,
  resolveModel,
  tokensAreExact,
} from '@holdfast/gpu-runtime';
import { CheckpointManifest, ManifestVersionError } from '@holdfast/manifest';
import { letterUse, padding, type Shard, shardsOf } from '@holdfast/plan';
import {
  calibrate,
  chooseDevice,
  type DeviceChoice,
  type DeviceShare,
  NoAnswerError,
  shareDevice,
  tryModel,
} from '@holdfast/preflight';
import {
  claimFolder,
  type FoundQuarantined,
  findQuarantined,
  isSetAside,
  type Layout,
  layout,
  leavesOut,
  oldWorkersLimit,
  type ResultRecord,
  type RunRecord,
  rebuildFrom,
  ShardIncompleteError,
  takeOutputFolder,
  tellAside,
  tidyUp,
  waitForOldWorkers,
  writeRunRecord,
} from '@holdfast/run-folder';
import { resolveThresholds } from '@holdfast/trigger';
import { embedShards, limitsOf } from './coordinate/embed-shards.js';
import { retryQuarantined } from './coordinate/retry-quarantined.js';
import { standing } from './coordinate/standing.js';
import { checkEmbed, type EmbedOptions, type StopSwitch } from './embed-options.js';
import { ExitCode, RunFailedError, UsageError } from './errors.js';
import type { Tell } from './events.js';
import { assemble, type Findings } from './result/assemble.js';
import { InputWait } from './run/input-wait.js';
import { leftOut } from './run/left-out.js';
import { longWork } from './run/long-work.js';
import { nucleotideWarning, SAMPLE } from './run/nucleotide-likeness.js';
import { planWarnings } from './run/plan-warnings.js';
import { completeResult, type Prepared, prepare } from './run/prepare.js';

/** How often a shard whose files turn out damaged while the result is joined is worked on again. */
const REPAIRS = 3;

/**
 * FASTA in, embeddings out; the same call goes on where an earlier one ended, whatever ended it.
 *
 * @returns the exit code. @throws UsageError, InputError PreflightError, RunFolderError or ModelError for what the user must mend; BusyError; RunFailedError; StoppedError;
 * RangeError and TypeError for options that are none (`code` is `invalid_option`).
 */
export async function embed(options: EmbedOptions, tell: Tell, stop: StopSwitch): Promise<number> {
  checkEmbed(options, tell, stop);
  checkEnvironment();
  const place = layout(options.out);
  const model = await resolveModel(options.model, options.overrides).catch((cause: unknown) => {
    const { code, option } = cause as { code?: unknown; option?: unknown };
    throw code === 'invalid_option' && option === 'windowOverlap'
      ? new UsageError(
          '--window-overlap is of windows, and long sequences are truncated; add --long-sequences windows, or leave it out',
          { cause },
        )
      : cause;
  });
  if (options.translate && model.alphabet === 'dna') {
    throw new UsageError(
      `--translate makes proteins, but the model ${model.name} reads nucleotides; leave --translate out, or choose a protein model with --model`,
    );
  }
  await checkInputs(options.inputs);
  // What is built in is known to be good, and so is what a run was begun with.
  // A restart that was cut off may begin as well.
  const begins = options.forceRestart || !mayBeThere(place.run) || mayBeThere(place.restart);
  const builtIn = builtInModels().find(({ name }) => name === options.model)?.name;
  const known = !begins || builtIn !== undefined;
  const wish = options.device ?? 'auto';
  let chosen: Promise<DeviceChoice> | undefined;
  const chooseAnew = () => {
    chosen ??= chooseDevice(wish, { begunOn: undefined, tell, signal: stop.signal, builtIn });
    return chosen;
  };
  // While the input is read: what comes of it is removed again should the model be refused.
  const refused = new AbortController();
  const tried = known
    ? Promise.resolve()
    : chooseAnew().then(({ device }) =>
        tryModel({
          model: options.model,
          overrides: options.overrides,
          device,
          stallMs: limitsOf(options).stallMs,
          signal: stop.signal,
          tell,
        }).catch(asRunFailure),
      );
  tried.catch((reason: unknown) => refused.abort(reason));
  // A device that is named and not there must cost neither the reading of the input nor an older result.
  if (begins && wish !== 'auto') await chooseAnew();
  const rules = letterRules(model);
  const { keepU = false, keepStop = false } = options;
  const use = letterUse(rules, { keepU, keepStop, translated: options.translate !== undefined });
  const asks = {
    inputs: options.inputs,
    model,
    batchTokens: options.batchTokens === 'auto' ? undefined : options.batchTokens,
    shards: options.shards,
    threads: options.threads,
    format: options.format,
    translate: options.translate,
    letters: { rules, use },
    retry: options.retryQuarantined ? ('all' as const) : ('set_aside' as const),
    checking: <T>(what: string, work: () => Promise<T>) => longWork(what, tell, work),
    onWarning: (message: string) => tell({ type: 'warning', message }),
  };
  const folder = await takeOutputFolder(place).catch(async (error: unknown) => {
    const result =
      options.forceRestart || !isReadOnly(error)
        ? null
        : await completeResult(place, { ...asks, signal: stop.signal }).catch(ifUnreadable(null));
    if (result === null) throw error;
    return result;
  });
  const finish = finishes({ place, options, model, tell });
  if ('files' in folder) return finish(folder, true);
  await using _folder = folder;
  await waitForOldWorkers(place, {
    limitMs: oldWorkersLimit(limitsOf(options).graceMs),
    tell,
    signal: stop.signal,
  });
  await claimFolder(place, options.inputs);
  if (!(await syncsDirectories(place.out))) tell({ type: 'warning', message: NO_FOLDER_SYNC });

  const input = new InputWait(options.inputs, tell);
  const prepared = await prepare(place, {
    ...asks,
    tried,
    async chooseBatchTokens() {
      const { device } = await chooseAnew();
      const usual = batchTokensOn(model, device);
      if (options.batchTokens !== 'auto' && device.kind === 'cpu') return usual;
      await tried;
      const { overrides } = options;
      const { signal } = stop;
      const { workers } = await shareDevice({
        wish,
        device,
        workers: options.workers,
        threads: undefined,
        signal,
      });
      return calibrate({
        model: options.model,
        overrides,
        usual,
        device,
        workers,
        signal: stop.signal,
        tell,
      });
    },
    defaultShards: (options.workers ?? availableParallelism()) * 4,
    forceRestart: options.forceRestart,
    signal: AbortSignal.any([stop.signal, refused.signal]),
    reading: (work) => input.during(work),
    onProgress(progress) {
      input.progress(progress.file);
      tell({ type: 'indexing', ...progress });
    },
  });
  if (!('index' in prepared)) {
    await tidyUp(place, prepared.run, tell, true);
    return finish(prepared, true);
  }
  try {
    if (prepared.resumed && !prepared.finished) await tellAside(place, tell);
    const choose = (begunOn: string | undefined) =>
      begunOn === undefined
        ? chooseAnew()
        : chooseDevice(wish, { begunOn, tell, signal: stop.signal, builtIn });
    const { summary } = prepared.index;
    // Only versions that count letters name the index in the run's record, and any other index is built again.
    const letters = summary.letters!;
    const warnings = planWarnings({ ...summary, letters }, model, rules);
    for (const { message, facts } of warnings)
      tell({ type: 'warning', message, ...(facts && { letters: facts }) });
    const kept = warnings.map(({ message }) => message);
    const findings = { letters, warnings: kept };
    const result = await run({ ...prepared, findings, place, options, model, tell, stop, choose });
    await tidyUp(place, result.run, tell, result === prepared.finished);
    return finish(result, result === prepared.finished, [...kept, ...leftOut(model, summary)]);
  } catch (error) {
    await tellAside(place, tell).catch(() => undefined);
    throw error;
  } finally {
    await prepared.index.close();
  }
}

/** @param told warnings that were given before. */
type Finish = (result: ResultRecord, already: boolean, told?: readonly string[]) => number;

/** Tells what a complete run gave, and with which exit code the command ends. */
function finishes({
  place,
  options,
  model,
  tell,
}: Pick<Run, 'place' | 'options' | 'model' | 'tell'>): Finish {
  return (result, already, told = []) => {
    for (const message of result.warnings) if (!told.includes(message)) tell({ type: 'warning', message });
    const { sequences, quarantined = 0, dim, tokens, padded_tokens } = result;
    const embeddings = place.embeddings(options.format);
    tell({
      type: 'complete',
      already,
      sequences,
      quarantined,
      ...(quarantined > 0 ? { quarantine: place.quarantine } : {}),
      dim,
      embeddings,
      ids: place.ids,
      ...(tokens === undefined || padded_tokens === undefined
        ? {}
        : padding(tokens, padded_tokens, tokensAreExact(model))),
    });
    return quarantined > 0 ? ExitCode.quarantined : ExitCode.complete;
  };
}

/** Whether a folder could not be taken because nothing may be written there; what lies in it may be read all the same. */
const isReadOnly = (error: unknown) =>
  ['EROFS', 'EACCES', 'EPERM'].includes(systemErrorCode(systemErrorIn(error)) ?? '');

/** Stands in for what cannot be read. */
const ifUnreadable =
  <T>(instead: T) =>
  (error: unknown): T => {
    if (systemErrorIn(error) === undefined) throw error;
    return instead;
  };

/** A machine that gives no answer ends a run that was not begun. */
function asRunFailure(error: unknown): never {
  throw error instanceof NoAnswerError ? new RunFailedError(error.message, ExitCode.unexpected) : error;
}

/** What workers would stumble over. @throws UsageError that names the variable. */
function checkEnvironment(): void {
  try {
    resolveThresholds({}, process.env);
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause });
  }
}

/** The run's record with what it is computed on from now on, and how the workers share that. */
async function onDevice(
  record: RunRecord,
  { place, options, tell, stop, choose }: Pick<Run, 'place' | 'options' | 'tell' | 'stop' | 'choose'>,
): Promise<{ record: RunRecord; share: DeviceShare }> {
  const { device, warnings } = await choose(record.device);
  for (const message of warnings) tell({ type: 'warning', message });
  const share = await shareDevice({
    wish: options.device ?? 'auto',
    device,
    workers: options.workers,
    // Runs of before there was a choice had one.
    threads: record.threads ?? (record.device === undefined ? options.threads : 1),
    signal: stop.signal,
  });
  const now = { ...record, device: formatDevice(device), threads: share.threads };
  if (now.device !== record.device || now.threads !== record.threads) await writeRunRecord(place.run, now);
  return { record: now, share };
}

interface Run extends Prepared {
  /** What was found and told before, and belongs to the result. */
  findings: Findings;
  place: Layout;
  options: EmbedOptions;
  model: ModelSource;
  tell: Tell;
  stop: StopSwitch;
  /** Where it is computed, given where it was begun. */
  choose(begunOn: string | undefined): Promise<DeviceChoice>;
}

/** From a plan to the joined result. @throws RunFailedError if some shards could not be completed. */
async function run({
  place,
  options,
  model,
  tell,
  stop,
  record: planned,
  index,
  resumed,
  finished,
  findings,
  choose,
}: Run): Promise<ResultRecord> {
  const shards = await shardsOf(index, planned.shards);
  const manifest = await openManifest(place, shards.length, tell);
  // Joining needs no device.
  const state = await manifest.load();
  const computed = shards.every(({ shard }) => state.shards[shard]!.status === 'complete');
  // A retry that was cut off goes on, whatever it left.
  const stands = finished !== undefined && !isThere(place.retry);
  const asItStands = (why: string): ResultRecord => {
    const message = `${why}, so the quarantined sequences are not tried again; the result stands`;
    tell({ type: 'warning', message });
    return finished!;
  };
  if (stands && !computed) return asItStands(`${place.checkpoints} does not hold all rows any more`);
  const use = () => onDevice(planned, { place, options, tell, stop, choose });
  let used = computed ? null : await use();
  const { sequences, residues, batches, tokens, padded_tokens } = index.summary;
  if (!computed) {
    const first = await index.firstResidues(SAMPLE);
    const message = nucleotideWarning(first, model, options.translate !== undefined);
    if (message !== null) tell({ type: 'warning', message });
  }
  for (const message of leftOut(model, index.summary)) tell({ type: 'warning', message });
  tell({
    type: 'planned',
    resumed,
    done: standing(shards, state).reduce((sum, done) => sum + done, 0),
    sequences,
    residues,
    batches,
    ...padding(tokens, padded_tokens, tokensAreExact(model)),
    shards: shards.length,
    workers: used?.share.workers ?? 0,
    device: used?.record.device ?? planned.device ?? formatDevice(CPU),
  });
  const repairs = new Map<number, number>();
  const run = planned.fingerprint;
  const { dim } = model;
  const work = { place, options, index, model, shards, tell, stop, manifest };
  const look = (some: readonly Shard[]) =>
    findQuarantined(some, { place, run, index, dim, signal: stop.signal });
  const refused = async (some: readonly Shard[]) => {
    const { quarantined } = await look(some);
    return quarantined.filter((each) => !isSetAside(each)).length;
  };
  let retried = false;
  for (;;) {
    try {
      if (used !== null) await embedShards({ ...used, ...work, refused });
      stop.signal.throwIfAborted();
      let found: FoundQuarantined | undefined;
      if (!retried) {
        found = await look(shards);
        if (finished !== undefined) await writeFileDurably(place.retry, '');
        found = await retryQuarantined({
          ...work,
          run,
          dim,
          found,
          finished: finished !== undefined,
          async use() {
            used ??= await use();
            return used;
          },
        });
        retried = true;
        if (finished !== undefined && leavesOut(place, finished, found.quarantined)) {
          await removeDurably(place.retry);
          return finished;
        }
      }
      tell({ type: 'assembling', file: place.embeddings(options.format) });
      const { signal } = stop;
      const { format } = options;
      const joined = await assemble({ place, run, index, shards, model, format, findings, found, signal });
      if (isThere(place.retry)) await removeDurably(place.retry);
      return joined;
    } catch (error) {
      if (!(error instanceof ShardIncompleteError)) throw error;
      if (stands && !isThere(place.retry)) return asItStands(error.message);
      const before = repairs.get(error.shard) ?? 0;
      if (before >= REPAIRS) throw error;
      repairs.set(error.shard, before + 1);
      tell({ type: 'repair', shard: error.shard, reason: error.message });
      await manifest.markShardInProgress(error.shard);
      used ??= await use();
    }
  }
}

/** The manifest of this run; one that is damaged is made anew, since the checkpoints themselves are the truth. */
async function openManifest(place: Layout, shards: number, tell: Tell): Promise<CheckpointManifest> {
  await makeDirectoryDurably(place.checkpoints);
  const manifest = new CheckpointManifest(place.manifest, {
    rebuild: rebuildFrom(place, shards),
    onWarning: (message) => tell({ type: 'warning', message }),
  });
  if (await manifest.exists()) {
    const { total_shards } = await manifest.getGlobalProgress().catch((cause: unknown) => {
      throw cause instanceof ManifestVersionError ? new UsageError(cause.message, { cause }) : cause;
    });
    if (total_shards === shards) return manifest;
    const message = `${place.manifest} is of ${total_shards} shards, this run has ${shards}; it is made anew from the checkpoints`;
    tell({ type: 'warning', message });
    await manifest.initialize(shards, { replace: true });
    return manifest;
  }
  await manifest.initialize(shards);
  return manifest;
}
