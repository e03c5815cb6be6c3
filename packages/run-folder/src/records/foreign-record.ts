import type { Layout } from '../layout.js';
import { RunFolderError } from '../run-folder-error.js';
import { type KnownRecordOptions, recoveredRecord } from './known-record.js';
import { differences, type RunRecord } from './run-record.js';
import { runWitnesses } from './run-witnesses.js';

/** What is known about a `run.json` that may belong to another run. */
export interface ForeignRecordOptions extends Omit<KnownRecordOptions, 'onWarning'> {
  record: RunRecord;
  /** Another reason against it, such as a difference to the command line. */
  reason: string;
}

/**
 * Refuses a `run.json` that every checkpoint and the result contradict: it was copied over another run's work, which a restart
 * would discard. Does nothing if there is no work, or if some of it belongs to the record.
 *
 * @throws RunFolderError that names both runs, and how to keep the work.
 */
export async function refuseForeignRecord(
  place: Layout,
  { record, reason, ...options }: ForeignRecordOptions,
): Promise<void> {
  const witnesses = await runWitnesses(place);
  const [witness] = witnesses;
  if (witness === undefined || witnesses.some(({ run }) => run === record.fingerprint)) return;
  // What a rerun would find without the record.
  const hidden = await recoveredRecord(place, { ...options, witnesses, text: null });
  const inputs = hidden === null ? undefined : await options.hashInputs?.();
  const same = hidden && inputs && differences(hidden, { ...options.asked, inputs }).length === 0;
  const command = same ? 'the same command' : 'the command that made those rows';
  throw new RunFolderError(
    `${place.run} belongs to another run (${short(record.fingerprint)}; ${reason}), and ${witness.from} holds rows of run ${short(witness.run)}. To keep these rows, restore their own run.json, or remove this one and rerun ${command}, which rebuilds it. Or use another ${place.option}, or --force-restart to discard them`,
  );
}

const short = (run: string) => `${run.slice(0, 12)}…`;
