import type { LogEvent } from '../read/log-lines.js';
import type { RecordedStart } from '../read/read-starts.js';

/** A command that worked on a run. Times are ISO 8601. */
export interface CommandSpan {
  began: string;
  /** Null if it did not say that it ended: it is at work, was killed, or its machine was lost. */
  ended: string | null;
  /** The signal that stopped it. */
  signal: string | null;
  /** How many commands between the one before it and this one are no longer recorded. */
  left_out: number;
}

/** The commands of a run with the signals that stopped them, which the logs have. */
export function commandsOf(starts: readonly RecordedStart[], events: readonly LogEvent[]): CommandSpan[] {
  const stops = events.filter(({ type, of }) => type === 'stopped' && of === undefined);
  return starts.map(({ started, ended, left_out }, place) => {
    const next = starts[place + 1];
    // What stopped later may be a command that is no longer recorded.
    const until = next === undefined || next.left_out === 0 ? next?.started : (ended ?? started);
    const stop = stops.find(({ time }) => time >= started && (until === undefined || time < until));
    return {
      began: started,
      ended: ended ?? stop?.time ?? null,
      signal: typeof stop?.['signal'] === 'string' ? stop['signal'] : null,
      left_out,
    };
  });
}
