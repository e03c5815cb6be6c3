import { readFileSync } from 'node:fs';
import { systemErrorCode } from '@holdfast/durable';
import { parseChecked } from '@holdfast/run-folder/glance';

/** A command as the record of a run's starts has it. Times are ISO 8601. */
export interface RecordedStart {
  started: string;
  /** Null if it was killed, or is at work. */
  ended: string | null;
}

/** The commands that computed or joined some of a run, oldest first; none if their record is missing, damaged or not for this user. */
export function readStarts(path: string): RecordedStart[] {
  try {
    const { starts } = parseChecked(readFileSync(path, 'utf8')).value as { starts?: unknown };
    return Array.isArray(starts) ? starts.flatMap(startIn) : [];
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === null || ['ENOENT', 'ENOTDIR', 'EACCES'].includes(code)) return [];
    throw error;
  }
}

function startIn(value: unknown): RecordedStart[] {
  const { started, ended } = (value ?? {}) as { started?: unknown; ended?: unknown };
  return typeof started === 'string' ? [{ started, ended: typeof ended === 'string' ? ended : null }] : [];
}
