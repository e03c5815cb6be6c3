import { ExitCode } from '../exit-codes.js';

/**
 * Ends a command that only prints: quietly if the reader of standard output is gone, and with an error if it could not be
 * written in full.
 *
 * @param complain prints a line on standard error.
 */
export function endWithReader(complain: (text: string) => void): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    complain(`standard output: ${error.message}`);
    process.exit(ExitCode.unexpected);
  });
}
