import { readFileSync } from 'node:fs';
import { systemErrorCode } from '@holdfast/durable';
import { FIRST_STARTS, parseChecked } from '@holdfast/run-folder/glance';

/** A command as the record of a run's starts has it. Times are ISO 8601. */
export interface RecordedStart {
  started: string;
  /** Null if it was killed, or is at work. */
  ended: string | null;
  /** How many starts between the one before it and this one are left out of the record. */
  left_out: number;
}

/** The commands that computed or joined some of a run, oldest first; none if their record is missing, damaged or not for this user. */
export function readStarts(path: string): RecordedStart[] {
  try {
    const { starts, left_out: out } = parseChecked(readFileSync(path, 'utf8')).value as Record<
      string,
      unknown
    >;
    const leftOut = Number.isSafeInteger(out) ? (out as number) : 0;
    if (!Array.isArray(starts)) return [];
    return starts.flatMap((start, place) => startIn(start, place === FIRST_STARTS ? leftOut : 0));
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === null || ['ENOENT', 'ENOTDIR', 'EACCES'].includes(code)) return [];
    throw error;
  }
}

function startIn(value: unknown, leftOut: number): RecordedStart[] {
  const { started, ended } = (value ?? {}) as { started?: unknown; ended?: unknown };
  if (typeof started !== 'string') return [];
  return [{ started, ended: typeof ended === 'string' ? ended : null, left_out: leftOut }];
}
