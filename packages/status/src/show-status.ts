import { setTimeout as delay } from 'node:timers/promises';
import { checkOptions, flag, object, required, words } from '@holdfast/options';
import { judge } from './judge/judge.js';
import { readFacts } from './read/read-facts.js';
import { redraw } from './show/redraw.js';
import { render } from './show/render.js';
import type { Status } from './status.js';

export interface StatusOptions {
  /** The output folder of a run. */
  dir: string;
  /** Whether to print JSON instead of lines for people. */
  json: boolean;
  /** Whether to look again and again until the run is complete. */
  watch: boolean;
}

const statusOptions = object<StatusOptions>({
  dir: required(words),
  json: required(flag),
  watch: required(flag),
});

/** Where a status is shown; `process.stdout` is one. */
export interface Screen {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
  rows?: number;
}

/** Milliseconds between two looks. */
const EVERY = 2000;

/**
 * How the run in a folder stands, from its files alone: while it runs, after it was killed, on another machine. Takes no lock and
 * writes nothing.
 *
 * @throws what the file system throws if the folder cannot be read; ManifestVersionError if a later version wrote it; RangeError
 * or TypeError for another path.
 */
export async function statusOf(dir: string): Promise<Status> {
  checkOptions('statusOf', dir, required(words), 'dir');
  return judge(await readFacts(dir));
}

/**
 * Shows how a run stands: once, or every two seconds until the run is complete or the signal aborts. On a terminal each look
 * replaces the one before; elsewhere they follow each other, JSON one object a line.
 *
 * @returns the last status. A folder without a run is not shown, except as JSON.
 * @throws as {@link statusOf}.
 */
export async function showStatus(
  options: StatusOptions,
  screen: Screen,
  signal: AbortSignal,
): Promise<Status> {
  checkOptions('showStatus', options, statusOptions);
  const { dir, json, watch } = options;
  let drawn = 0;
  for (let look = 0; ; look++) {
    const status = await statusOf(dir);
    const none = status.state === 'none';
    if (json) screen.write(`${JSON.stringify(status)}\n`);
    else if (!none && watch && screen.isTTY) {
      // Some pseudo-terminals report a size of 0 if they don't know it.
      const size = { columns: screen.columns || 80, rows: screen.rows || 24 };
      const drawing = redraw(render(status), drawn, size);
      screen.write(drawing.text);
      drawn = drawing.drawn;
    } else if (!none) screen.write(`${look > 0 ? '\n' : ''}${render(status).join('\n')}\n`);
    if (!watch || none || status.state === 'complete' || signal.aborted) return status;
    await delay(EVERY, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return status;
  }
}
