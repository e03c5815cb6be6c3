import type { Layout } from '../layout.js';
import { RunFolderError } from '../run-folder-error.js';
import { type KnownRecordOptions, recoveredRecord } from './known-record.js';
import { differences, type RunRecord } from './run-record.js';
import { runWitnesses } from './run-witnesses.js';

/** What is known of a `run.json` that may be another run's. */
export interface ForeignRecordOptions extends Omit<KnownRecordOptions, 'onWarning'> {
  record: RunRecord;
  /** What else speaks against it, such as what the command line asks for otherwise. */
  reason: string;
}

/**
 * Refuses a `run.json` that every checkpoint and the result contradict: it was put over another run's work, which a restart
 * would throw away. Does nothing where there is no work, or some of it is the record's own.
 *
 * @throws RunFolderError that says whose the record and the work are, and how to keep the work.
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
  const command = same ? 'the same command' : 'the command that those rows are of';
  throw new RunFolderError(
    `${place.run} belongs to another run (${short(record.fingerprint)}; ${reason}), and ${witness.from} holds rows of run ${short(witness.run)}. To keep these rows, put their own run.json back, or remove this one and rerun ${command}, which rebuilds it. Or use another --out, or --force-restart to discard them`,
  );
}

const short = (run: string) => `${run.slice(0, 12)}…`;
