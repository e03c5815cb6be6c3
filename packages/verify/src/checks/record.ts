import { readFile } from 'node:fs/promises';
import { isThere } from '@holdfast/durable';
import {
  DamagedRecordError,
  type Layout,
  provenRecord,
  RunFolderError,
  type RunRecord,
  readRunRecord,
} from '@holdfast/run-folder';
import type { Findings } from '../findings.js';

/**
 * Checks `run.json`: its checksum, its fields, its fingerprint. If it is damaged or lost, the record that the checkpoints and the
 * index prove is used for the other checks.
 *
 * @returns null if nothing says which run the folder holds.
 */
export async function checkRecord(
  place: Layout,
  findings: Findings,
): Promise<{ record: RunRecord; whole: boolean } | null> {
  const fault = (problem: string, remedy: 'rerun' | 'newer' = 'rerun') =>
    findings.fault({ check: 'run', path: place.run, problem, remedy });
  let text: string | null = null;
  try {
    const record = await readRunRecord(place.run);
    if (record !== null) {
      const { sha256 } = JSON.parse(await readFile(place.run, 'utf8')) as { sha256?: unknown };
      findings.sum('run', `run.json: whole, run ${record.fingerprint.slice(0, 12)}… of ${record.model.name}`);
      if (sha256 === undefined)
        findings.unseen.push(
          'run.json is of an earlier version, without a checksum: only what its fingerprint covers is proven',
        );
      return { record, whole: true };
    }
    if (isThere(place.restart)) {
      findings.notes.push(
        'a --force-restart was cut off while it removed the run; the same command finishes it',
      );
      return null;
    }
    fault('is missing; the same command rebuilds it from the checkpoints and the index');
  } catch (error) {
    if (error instanceof DamagedRecordError) {
      ({ text } = error);
      fault(`${error.reason}; the same command rebuilds it from the checkpoints and the index`);
    } else if (error instanceof RunFolderError) {
      fault(error.message.replace(`${place.run}: `, ''), 'newer');
      return null;
    } else throw error;
  }
  const record = await provenRecord(place, text);
  findings.sum(
    'run',
    record === null ? 'run.json: nothing proves which run this is' : 'run.json: rebuilt in memory',
  );
  return record === null ? null : { record, whole: false };
}
