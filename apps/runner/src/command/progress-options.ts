import { type Command, Option } from 'commander';
import { file } from './option-values.js';
import type { Setting } from './settings/apply-settings.js';

/** How progress is shown. */
export const PROGRESS = ['bar', 'plain', 'json', 'none'] as const;
export type ProgressStyle = (typeof PROGRESS)[number];

/** What a command prints while it works, and where. */
export interface Reporting {
  /** Default: `bar` on a terminal, `plain` elsewhere. */
  progress?: ProgressStyle;
  /** The file that events are appended to. */
  log?: string;
  /** Options that a variable or a file gave. */
  settings?: readonly Setting[];
}

/** What commander makes of the options. */
interface Given {
  progress?: ProgressStyle;
  quiet?: boolean;
  log?: string;
}

/** Adds `--progress` and `--quiet`. @param where the stream that shows it. */
export function progressOptions(command: Command, where: string): Command {
  return command
    .addOption(
      new Option(
        '--progress <how>',
        `what ${where} shows: a bar, plain lines, one JSON object per event, or nothing (default: bar on a terminal, else plain)`,
      ).choices(PROGRESS),
    )
    .option('--quiet', 'print only warnings and errors, on standard error; the same as --progress none');
}

/** Adds `--log`. */
export const logOption = (command: Command): Command =>
  command.option('--log <file>', 'append every event to a file, as one JSON object per line', file);

/** What the options say together. Ends the command, as commander does, if they contradict each other. */
export function reportingOf(command: Command, { progress, quiet, log }: Given): Reporting {
  const shows = progress !== undefined && progress !== 'none';
  const [ofQuiet, ofProgress] = [rankOf(command, 'quiet'), rankOf(command, 'progress')];
  if (quiet && shows && ofQuiet === ofProgress)
    command.error(`error: --quiet shows no progress, but --progress ${progress} does; leave one of them out`);
  const style = quiet && !(shows && ofProgress > ofQuiet) ? 'none' : progress;
  return { ...(style && { progress: style }), ...(log !== undefined && { log }) };
}

/** How strong what gave an option is: the command line, a variable, a file. */
const rankOf = (command: Command, option: string): number =>
  ['config', 'env', 'cli'].indexOf(command.getOptionValueSource(option) ?? '');

/** How to show progress, and a warning if that is not what was asked for. */
export interface ChosenStyle {
  style: ProgressStyle;
  warning?: string;
}

/**
 * How progress is shown on a stream. A bar needs a terminal that can overwrite a line.
 *
 * @param stream what the user calls it, such as `standard output`.
 */
export function chosenStyle(
  asked: ProgressStyle | undefined,
  { isTTY = false }: { isTTY?: boolean },
  stream: string,
  term = process.env['TERM'],
): ChosenStyle {
  const canDraw = isTTY && term !== 'dumb';
  if (asked !== 'bar') return { style: asked ?? (canDraw ? 'bar' : 'plain') };
  if (canDraw) return { style: 'bar' };
  const why = isTTY ? 'this terminal (TERM=dumb) cannot draw one' : `${stream} is not a terminal`;
  return {
    style: 'plain',
    warning: `--progress bar: ${why}, so progress is shown as plain lines; --progress plain shows them without this warning`,
  };
}
