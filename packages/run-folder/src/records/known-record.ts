import { isThere } from '@holdfast/durable';
import { indexSummary, PLAN } from '@holdfast/plan';
import { formats } from '../formats/formats.js';
import type { Layout } from '../layout.js';
import { RunFolderError } from '../run-folder-error.js';
import { type RecoverOptions, recoverRunRecord } from './recover-record.js';
import { type Asked, DamagedRecordError, type RunRecord, readRunRecord } from './run-record.js';
import { holdsCheckpoints, runWitnesses, type Witness } from './run-witnesses.js';

export interface KnownRecordOptions extends Pick<RecoverOptions, 'batchTokens' | 'shards' | 'hashInputs'> {
  /** What the command line asks for; its inputs are not looked at. */
  asked: Asked;
  onWarning(message: string): void;
}

/**
 * The record of the run in the folder, rebuilt where it is lost or damaged and what is there proves it; null where there is
 * nothing of a run that could be lost.
 *
 * @throws RunFolderError where there is, and nothing proves which run it is.
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
  const state = damage === null ? 'is not there' : `is damaged (${damage.reason})`;
  const witnesses = await runWitnesses(place);
  const record = await recoveredRecord(place, { ...options, witnesses, text: damage?.text ?? null });
  if (record !== null) {
    options.onWarning(`${place.run} ${state}; it is rebuilt from what the checkpoints and the index say`);
    if (record.device === undefined && (await holdsCheckpoints(place)))
      options.onWarning(
        `the device and threads that ${place.out} was begun with are known no more; this command's are taken, and numbers may differ in their last digits`,
      );
    return { record, recovered: true };
  }
  await refuseLostRun(place, state, witnesses);
  if (damage !== null)
    options.onWarning(`${place.run} ${state}; no row had been saved yet, so the run is begun again`);
  return null;
}

/** The record that what is there proves, whatever `run.json` says; null where nothing does. */
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

/** Without a run record, rows and results are those of a run that nobody knows. */
async function refuseLostRun(place: Layout, state: string, witnesses: readonly Witness[]): Promise<void> {
  const files = [place.result, place.ids, place.quarantine, ...Object.keys(formats).map(place.embeddings)];
  const found = (await holdsCheckpoints(place)) ? place.checkpoints : files.find(isThere);
  if (found === undefined) return;
  const [run] = witnesses;
  const whose =
    run === undefined
      ? 'nothing in it can be read that tells of which run it is'
      : `it is of run ${run.run.slice(0, 12)}…, which is not the one that this command asks for, or not to be proven so`;
  throw new RunFolderError(
    `${found} is there, but ${place.run} ${state}, and ${whose}. Give the input, model and options that the run was begun with (--batch-tokens and --shards too), use another --out, or --force-restart to remove it`,
  );
}
