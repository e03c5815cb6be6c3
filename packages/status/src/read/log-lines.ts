import { crc32 } from 'node:zlib';

/** One event of a log, under the names of today. */
export interface LogEvent extends Record<string, unknown> {
  type: string;
  /** ISO 8601. */
  time: string;
  /** The task in whose log it is; absent for the command's own. */
  of?: string;
}

/** The events of a part of a log, and how many of its lines are not what a run writes. */
export interface LogLines {
  events: LogEvent[];
  unreadable: number;
}

/** There may be thousands of these, and nothing in them is shown. */
const PASSED_OVER = /"(?:event|type)":"(?:output|checkpoint|waiting)"/;

/**
 * The events in the end of a log, or in a whole one.
 *
 * @param cut whether the text begins within a line. A last line without its end is one that is being written.
 */
export function logLines(text: string, cut: boolean): LogLines {
  const lines = text.split('\n').slice(cut ? 1 : 0, -1);
  const events: LogEvent[] = [];
  let unreadable = 0;
  for (const line of lines) {
    if (PASSED_OVER.test(line.slice(0, 120))) continue;
    const event = eventIn(line);
    if (event === null) unreadable++;
    else events.push(event);
  }
  return { events, unreadable };
}

/** Null for what no run wrote. Lines of early versions have no checksum, and call their event `type`. */
function eventIn(line: string): LogEvent | null {
  const summed = /^(.*),"crc32":"([0-9a-f]{8})"\}$/.exec(line);
  if (summed && crc32(summed[1]!) !== Number.parseInt(summed[2]!, 16)) return null;
  try {
    const { event, type, time, crc32: _, of: __, ...fields } = JSON.parse(line) as Record<string, unknown>;
    const name = event ?? type;
    return typeof name === 'string' && typeof time === 'string' ? { ...fields, type: name, time } : null;
  } catch {
    return null;
  }
}
