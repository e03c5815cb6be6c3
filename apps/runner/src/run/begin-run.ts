import { debuglog } from 'node:util';
import { removeDurably, systemErrorIn, systemTrouble } from '@holdfast/durable';
import { type IndexSummary, PLAN } from '@holdfast/plan';
import {
  announceRestart,
  differences,
  forgetRestart,
  giveUpOwnership,
  holdsRun,
  type Layout,
  newRunRecord,
  ownPaths,
  type RunRecord,
  writeRunRecord,
} from '@holdfast/run-folder';
import { StoppedError } from '../errors.js';
import { version } from '../version.js';
import { asked, type Prepared, type PrepareOptions, whileReading } from './asked-run.js';
import { indexInputs, installIndex } from './run-index.js';

const debug = debuglog('holdfast:run');

/** Replaces the run in the folder. @param unless a run to keep, returning null, if it is the one asked for. */
export async function replaceRun(place: Layout, options: PrepareOptions): Promise<Prepared>;
export async function replaceRun(
  place: Layout,
  options: PrepareOptions,
  unless: RunRecord,
): Promise<Prepared | null>;
export async function replaceRun(
  place: Layout,
  options: PrepareOptions,
  unless?: RunRecord,
): Promise<Prepared | null> {
  if (holdsRun(place)) await announceRestart(place, options);
  const planned = await planRun(place, options).catch(async (error: unknown) => {
    // A restart that was stopped, or met a passing failure, is finished later. A refused one is not.
    if (!(error instanceof StoppedError) && !systemTrouble(systemErrorIn(error))?.passing)
      await forgetRestart(place);
    throw error;
  });
  if (unless?.plan === PLAN && differences(unless, asked(options, planned.summary.inputs)).length === 0) {
    await removeDurably(place.newIndex);
    return null;
  }
  debug('the run in %s is replaced', place.out);
  // Only now: the input is known to be good.
  await options.beforeReplacing?.();
  await removeRun(place);
  const prepared = await installRun(place, planned);
  await forgetRestart(place);
  return prepared;
}

/** A new run's plan. Its index is complete, but not yet in place. */
interface Planned {
  summary: IndexSummary;
  record: RunRecord;
}

export async function planRun(place: Layout, options: PrepareOptions): Promise<Planned> {
  try {
    await options.tryForNewRun();
    const batchTokens = options.batchTokens ?? (await options.chooseBatchTokens());
    const shards = options.shards ?? options.defaultShards;
    const recordOf = (inputs: RunRecord['inputs']) =>
      newRunRecord({ ...asked(options, inputs), batch_tokens: batchTokens, shards, begun_with: version });
    debug('a new run: %d tokens a batch, %d shards', batchTokens, shards);
    const { reading } = options;
    const { use } = options.letters;
    const summary = await whileReading(options, () =>
      indexInputs(place, options, {
        batchTokens,
        use,
        dedupe: options.dedupe,
        reading,
        runOf: recordOf,
      }),
    );
    return { summary, record: recordOf(summary.inputs) };
  } catch (error) {
    await removeDurably(place.newIndex);
    await giveUpOwnership(place);
    throw error;
  }
}

export async function installRun(place: Layout, planned: Planned): Promise<Prepared> {
  const index = await installIndex(place);
  const record = { ...planned.record, index: index.digest };
  await writeRunRecord(place.run, record);
  return { record, index, resumed: false };
}

/** Removes a run with its results. The record goes first, so a half-removed run is not a run. The new index stays. */
async function removeRun(place: Layout): Promise<void> {
  for (const path of ownPaths(place)) if (path !== place.newIndex) await removeDurably(path);
}
