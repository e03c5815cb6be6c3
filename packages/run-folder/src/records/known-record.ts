import { isThere } from '@holdfast/durable';
import { indexSummary, PLAN } from '@holdfast/plan';
import type { Layout } from '../layout.js';
import { resultPaths } from '../result-paths.js';
import { runElsewhere } from '../run-elsewhere.js';
import { RunFolderError } from '../run-folder-error.js';
import { type RecoverOptions, recoverRunRecord } from './recover-record.js';
import { type Asked, DamagedRecordError, type RunRecord, readRunRecord } from './run-record.js';
import { holdsCheckpoints, runWitnesses, type Witness } from './run-witnesses.js';

export interface KnownRecordOptions extends Pick<RecoverOptions, 'batchTokens' | 'shards' | 'hashInputs'> {
  /** What the command line asks for; its inputs are ignored. */
  asked: Asked;
  onWarning(message: string): void;
}

/**
 * The record of the run in the folder. If it is lost or damaged, it is rebuilt from files that prove it. Null if the folder holds
 * no work that could be lost.
 *
 * @throws RunFolderError if it holds work, and nothing proves which run it belongs to.
 */
export async function knownRecord(
  place: Layout,
  options: KnownRecordOptions,
): Promise<{ record: RunRecord; recovered: boolean } | null> {
  let damage: DamagedRecordError | null = null;
  try {
    const record = await readRunRecord(place.run);
    if (record !== null) return { record, recovered: false };
  } catch (error) {
    if (!(error instanceof DamagedRecordError)) throw error;
    damage = error;
  }
  const state = damage === null ? 'is missing' : `is damaged (${damage.reason})`;
  const witnesses = await runWitnesses(place);
  const record = await recoveredRecord(place, { ...options, witnesses, text: damage?.text ?? null });
  if (record !== null) {
    options.onWarning(`${place.run} ${state}; rebuilding it from the checkpoints and the index`);
    if (record.device === undefined && (await holdsCheckpoints(place)))
      options.onWarning(
        `the device and threads that ${place.out} was begun with are unknown; using this command's, so numbers may differ in their last digits`,
      );
    return { record, recovered: true };
  }
  await refuseLostRun(place, state, witnesses);
  if (damage !== null)
    options.onWarning(`${place.run} ${state}; no row was saved yet, so the run starts from the beginning`);
  return null;
}

/** The record that the other files prove, whatever `run.json` holds; null if nothing proves one. */
export async function recoveredRecord(
  place: Layout,
  {
    asked,
    batchTokens,
    shards,
    hashInputs,
    witnesses,
    text,
  }: Omit<KnownRecordOptions, 'onWarning'> & Pick<RecoverOptions, 'witnesses' | 'text'>,
): Promise<RunRecord | null> {
  return recoverRunRecord(place, {
    witnesses,
    summary: await indexSummary(place.index),
    text,
    askedFacts: (tokens, count) => {
      const { inputs: _inputs, threads, ...facts } = asked;
      return { plan: PLAN, ...facts, batch_tokens: tokens, shards: count, ...(threads && { threads }) };
    },
    batchTokens,
    shards,
    hashInputs,
  });
}

/** Refuses rows and results without a run record, since their run is unknown. */
async function refuseLostRun(place: Layout, state: string, witnesses: readonly Witness[]): Promise<void> {
  const found = (await holdsCheckpoints(place)) ? place.checkpoints : resultPaths(place).find(isThere);
  if (found === undefined) return;
  const elsewhere = runElsewhere(place);
  if (elsewhere !== null)
    throw new RunFolderError(
      `${place.out} holds the result of a run that is kept in ${elsewhere}; add --work ${elsewhere} to go on with that one, use another ${place.option}, or --force-restart to remove the result`,
    );
  const [run] = witnesses;
  const whose =
    run === undefined
      ? 'nothing readable in it shows which run it belongs to'
      : `it belongs to run ${run.run.slice(0, 12)}…, and nothing proves that this is the run this command asks for`;
  throw new RunFolderError(
    `${found} exists, but ${place.run} ${state}, and ${whose}. Give the original input, model and options (including --batch-tokens and --shards), use another ${place.option}, or --force-restart to remove it`,
  );
}
