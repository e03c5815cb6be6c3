import { nameSystemErrors } from '@holdfast/durable';
import { grouped, sanitize } from '@holdfast/options';
import { eventRecord, type Report, type RunEvent } from '../events.js';
import { listing } from './listing.js';
import { plainReport, urgent } from './plain-report.js';
import { renderBar, renderDownload } from './progress-bar.js';
import type { ProgressStyle } from './progress-options.js';
import { sentence } from './sentences.js';
import { type HeldReport, isFrequent, sparse } from './sparse.js';

/** Where a report goes; `process.stdout` is one. */
export interface Screen {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

export interface ReporterOptions {
  /** Prints one line on standard error. */
  complain(text: string): void;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Milliseconds between two updates of the bar. */
const DRAW_EVERY = 100;

/** An event as a line of JSON, with its line feed. @param at milliseconds since 1970. */
export const eventLine = (event: RunEvent, at: number): string =>
  `${nameSystemErrors(JSON.stringify(eventRecord(event, at)))}\n`;

/** Reports what a command does in the chosen way. */
export function reporter(
  style: ProgressStyle,
  screen: Screen,
  { complain, now }: ReporterOptions,
): HeldReport {
  return make[style](screen, complain, now);
}

type Make = (screen: Screen, complain: (text: string) => void, now: () => number) => HeldReport;

const atOnce = (report: Report): HeldReport => ({ report, end: () => undefined });

const make: Readonly<Record<ProgressStyle, Make>> = {
  bar: (screen, _, now) => atOnce(barReport(screen, now)),
  plain: (screen, _, now) => atOnce(plainReport((line) => screen.write(line), now)),
  json: (screen, _, now) => sparse((event, at) => screen.write(eventLine(event, at)), now),
  none: (_screen, complain) =>
    atOnce((event) => {
      const text = urgent(event);
      if (text !== null) complain(text);
    }),
};

/** On a terminal: a bar that overwrites itself, and sentences. */
function barReport(screen: Screen, now: () => number): Report {
  let last = Number.NEGATIVE_INFINITY;
  const due = () => {
    const since = now() - last;
    // A clock that was set back must not silence the run until it catches up.
    if (since >= 0 && since < DRAW_EVERY) return false;
    last = now();
    return true;
  };
  return (event) => {
    const whole = event.type === 'progress' && event.sequences_done >= event.sequences_total;
    if (isFrequent(event) && !whole && !due()) return;
    // Some pseudo-terminals report a width of 0 if they don't know it.
    const line = statusLine(event, screen.columns || 80);
    const text = sentence(event);
    if (line !== null) screen.write(`${CLEAR}${line}`);
    else if (text !== null) screen.write(`${CLEAR}${sanitize(nameSystemErrors(text))}\n`);
    const lines = listing(event);
    if (lines !== null) screen.write(`${CLEAR}${lines.map((each) => `${sanitize(each)}\n`).join('')}`);
  };
}

/** Removes the bar from its line. */
export const CLEAR = '\r\x1b[2K';

/** The line that the next one overwrites. It must not wrap, so it is narrower than the terminal. */
function statusLine(event: RunEvent, width: number): string | null {
  if (event.type === 'progress')
    return renderBar(
      {
        done: event.sequences_done,
        total: event.sequences_total,
        perSecond: event.tokens_per_second,
        secondsLeft: event.seconds_left,
      },
      width,
    );
  if (event.type === 'downloading') return sanitize(renderDownload(event, width));
  if (event.type === 'indexing')
    return `${grouped(event.sequences)} sequences read, now reading ${sanitize(event.file)}`.slice(
      0,
      width - 1,
    );
  return null;
}
