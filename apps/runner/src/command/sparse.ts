import type { Report, RunEvent } from '../events.js';

/** Milliseconds between two lines about the same progress in `json`, `plain` and a log. */
export const SPARSE_MS = 10_000;

/** Events that come all the time. */
export type Frequent = Extract<RunEvent, { type: 'indexing' | 'downloading' | 'progress' }>;

const FREQUENT: readonly string[] = ['indexing', 'downloading', 'progress'] satisfies Frequent['type'][];
/** They come in between, and end nothing. */
const ASIDE: readonly string[] = ['waiting', 'warning'];
/** With these, embedding is over, or paused. */
const ENDS_WORK: readonly string[] = ['retrying', 'repair', 'paused', 'assembling', 'complete', 'run_failed'];

export const isFrequent = (event: RunEvent): event is Frequent => FREQUENT.includes(event.type);

/** One for each batch: never a line of its own. */
export const isWorkersProgress = (event: RunEvent): boolean =>
  event.type === 'coordinator' && event.event.type === 'progress';

/** Whether an event ends what another reports the progress of. */
export function ends(type: Frequent['type'], by: RunEvent): boolean {
  if (isFrequent(by)) return false;
  if (type !== 'progress') return !ASIDE.includes(by.type);
  if (by.type === 'coordinator') return by.event.type === 'stopped';
  return ENDS_WORK.includes(by.type);
}

/** A reporter that may keep an event back until it knows whether it is the last of its kind. */
export interface HeldReport {
  report: Report;
  /** Lets out what was kept back. */
  end(): void;
}

/**
 * Passes on every event, but progress at most every {@link SPARSE_MS}: the first, the last before something else begins, and one
 * that falls below what was passed on, are always there. A worker's own progress is left out.
 *
 * @param pass called with the milliseconds since 1970 at which the event was reported.
 */
export function sparse(pass: (event: RunEvent, at: number) => void, now: () => number): HeldReport {
  const passed = new Map<Frequent['type'], { at: number; done: number; whole: boolean }>();
  const held = new Map<Frequent['type'], { event: Frequent; at: number }>();
  const release = (due: (type: Frequent['type']) => boolean) => {
    for (const [type, { event, at }] of held) {
      if (!due(type)) continue;
      held.delete(type);
      pass(event, at);
    }
  };
  const frequent = (event: Frequent) => {
    const { type } = event;
    const at = now();
    const last = passed.get(type);
    const whole = type === 'progress' && event.sequences_done >= event.sequences_total;
    if (whole && last?.whole) return;
    const done = type === 'progress' ? event.sequences_done : 0;
    // A worker was lost, and what it had not saved with it.
    const fell = last !== undefined && done < last.done;
    // A clock that was set back must not silence the run until it catches up.
    if (!whole && !fell && last !== undefined && at >= last.at && at - last.at < SPARSE_MS) {
      held.set(type, { event, at });
      return;
    }
    held.delete(type);
    passed.set(type, { at, done, whole });
    pass(event, at);
  };
  return {
    report(event) {
      if (isWorkersProgress(event)) return;
      const over = (type: Frequent['type']) => ends(type, event);
      release(over);
      for (const type of [...passed.keys()].filter(over)) passed.delete(type);
      if (isFrequent(event)) frequent(event);
      else pass(event, now());
    },
    end: () => release(() => true),
  };
}
