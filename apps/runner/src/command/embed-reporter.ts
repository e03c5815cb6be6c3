import type { EmbedOptions } from '../embed-options.js';
import type { Report } from '../events.js';
import { eventLog } from './event-log.js';
import { openLogFile } from './log-file.js';
import { chosenStyle, type Reporting } from './progress-options.js';
import { CLEAR, reporter, type Screen } from './reporter.js';
import type { HeldReport } from './sparse.js';

/** A reporter, and how to make room for a line on standard error. */
export interface CommandReport extends HeldReport {
  /** Removes the bar, if there is one, from the terminal's last line. */
  clear(): void;
}

export interface Where {
  screen: Screen;
  /** What the user calls the screen. */
  stream: string;
  /** Prints one line on standard error. */
  complain(text: string): void;
}

/** Shows what a command does as its options ask for, and keeps a log of it too. @param makeLog gets the time of an event. */
function reportTo(
  makeLog: (now: () => number) => HeldReport,
  { progress }: Reporting,
  { screen, stream, complain }: Where,
): CommandReport {
  // The log and the screen share one time, so their lines are the same.
  let moment = Date.now();
  const now = () => moment;
  const log = makeLog(now);
  const { style, warning } = chosenStyle(progress, screen, stream);
  const shown = reporter(style, screen, { complain, now });
  const report: Report = (event) => {
    moment = Date.now();
    log.report(event);
    shown.report(event);
  };
  if (warning !== undefined) report({ type: 'warning', message: warning });
  return {
    report,
    end() {
      shown.end();
      log.end();
    },
    clear() {
      if (style === 'bar') screen.write(CLEAR);
    },
  };
}

const NO_LOG: HeldReport = { report: () => undefined, end: () => undefined };

/** Shows what a command does as its options ask for. */
export const commandReport = (reporting: Reporting, where: Where): CommandReport =>
  reportTo(() => NO_LOG, reporting, where);

/**
 * The same, and keeps the log of `--log`.
 *
 * @param folders where the run and its result are.
 * @throws UsageError for a log that cannot be used.
 */
export function embedReport(
  reporting: Reporting,
  folders: Pick<EmbedOptions, 'out' | 'work'>,
  where: Where,
): CommandReport {
  const { log } = reporting;
  if (log === undefined) return commandReport(reporting, where);
  const file = openLogFile(log, folders.out, folders.work);
  return reportTo((now) => eventLog(log, file, where.complain, now), reporting, where);
}
