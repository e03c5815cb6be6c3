import { nameSystemErrors } from '@holdfast/durable';
import { counted, grouped, inBytes, sanitize } from '@holdfast/options';
import type { Report, RunEvent } from '../events.js';
import { listing } from './listing.js';
import { timeLeft } from './progress-bar.js';
import { sentence } from './sentences.js';
import { ends, type Frequent, isFrequent, SPARSE_MS } from './sparse.js';

/**
 * Reports a run as lines for people: a local time and a sentence each, and progress at most every {@link SPARSE_MS}. A run that
 * is over sooner shows none.
 *
 * @param now milliseconds since 1970.
 */
export function plainReport(write: (line: string) => void, now: () => number): Report {
  const last = new Map<Frequent['type'], number>();
  const due = ({ type }: Frequent): boolean => {
    const before = last.get(type);
    const since = now() - (before ?? 0);
    // A clock that was set back must not silence the run until it catches up.
    if (before !== undefined && since >= 0 && since < SPARSE_MS) return false;
    last.set(type, now());
    // Nothing before it says that a download begins.
    return before !== undefined || type === 'downloading';
  };
  return (event) => {
    for (const type of [...last.keys()]) if (ends(type, event)) last.delete(type);
    if (isFrequent(event) && !due(event)) return;
    for (const line of listing(event) ?? []) write(`${sanitize(line)}\n`);
    const text = isFrequent(event) ? progressSentence(event) : sentence(event);
    if (text !== null) write(`${localTime(now())} ${sanitize(nameSystemErrors(text))}\n`);
  };
}

/** The progress of something, as one sentence. */
export function progressSentence(event: Frequent): string {
  switch (event.type) {
    case 'indexing':
      return `${counted(event.sequences, 'sequence')} read, now reading ${event.file}`;
    case 'downloading': {
      const { model, bytes, totalBytes, bytesPerSecond, secondsLeft } = event;
      const speed = bytesPerSecond === null ? '' : `, ${inBytes(bytesPerSecond)}/s`;
      const size = `${inBytes(bytes)} of ${inBytes(totalBytes)} (${percent(bytes, totalBytes)})`;
      return `downloading ${model}: ${size}${speed}${left(secondsLeft)}`;
    }
    case 'progress': {
      const { sequences_done, sequences_total, tokens_per_second, seconds_left } = event;
      const speed = tokens_per_second === null ? '' : `, ${grouped(Math.round(tokens_per_second))} tokens/s`;
      const done = `${grouped(sequences_done)} of ${counted(sequences_total, 'sequence')}`;
      return `${done} (${percent(sequences_done, sequences_total)})${speed}${left(seconds_left)}`;
    }
  }
}

const percent = (part: number, all: number) => `${all > 0 ? Math.floor((100 * part) / all) : 100}%`;
const left = (seconds: number | null) => (seconds === null ? '' : `, ${timeLeft(seconds)}`);

/** The local time of a moment, such as `2026-03-01 09:05:00`: a run may take days. @param at milliseconds since 1970. */
export function localTime(at: number): string {
  const time = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-');
  return `${day} ${[time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':')}`;
}

/** What a person has to see even if nothing else is shown; null for everything else. */
export function urgent(event: RunEvent): string | null {
  const { type } = event.type === 'coordinator' ? event.event : event;
  const worry = WORRIES.includes(type) || (event.type === 'complete' && event.quarantined > 0);
  return worry ? sentence(event) : null;
}

/** A run that fails has its own line on standard error. */
const WORRIES: readonly string[] = [
  'warning',
  'repair',
  'paused',
  'continued',
  'slot_closed',
  'unrecorded',
  'shard_failed',
  'retry_given_up',
];
