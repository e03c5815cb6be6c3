import { mayBeThere } from '@holdfast/durable';
import { onSignal } from '@holdfast/process/early-signals';
import { layout, runElsewhere } from '@holdfast/run-folder/glance';
import { type StatusOptions, showStatus } from '@holdfast/status';
import { ExitCode } from '../exit-codes.js';
import { endWithReader } from './reader-gone.js';

/**
 * `holdfast status`.
 *
 * @param complain prints a line on standard error.
 * @returns the exit code.
 */
export async function showRun(options: StatusOptions, complain: (text: string) => void): Promise<number> {
  const end = new AbortController();
  // Ctrl-C is how a watch is meant to end. The second one may come while a disk does not answer.
  if (options.watch)
    onSignal((signal) => {
      if (signal !== 'SIGINT') process.exit(ExitCode.terminated);
      if (end.signal.aborted) process.exit(ExitCode.complete);
      end.abort();
    });
  endWithReader(complain);
  const asked = layout(options.dir);
  const elsewhere = mayBeThere(asked.run) ? null : runElsewhere(asked);
  if (elsewhere !== null) {
    const copied = mayBeThere(asked.result) ? 'has' : 'does not have yet';
    const stands = mayBeThere(elsewhere) ? 'which stands so:' : 'which is gone';
    complain(`${options.dir} ${copied} a copy of the result of the run in ${elsewhere}, ${stands}`);
  }
  const { state, dir, reason, next } = await showStatus(
    { ...options, dir: elsewhere ?? options.dir },
    process.stdout,
    end.signal,
  );
  if (state !== 'none') return ExitCode.complete;
  complain(`${dir}: no run of Holdfast here: ${reason}; ${next.text}: ${next.command}`);
  return ExitCode.badInput;
}
