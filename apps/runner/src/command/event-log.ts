import { closeSync, writeSync } from 'node:fs';
import { inWords, nameSystemErrors, systemTrouble } from '@holdfast/durable';
import type { LogFile } from './log-file.js';
import { eventLine } from './reporter.js';
import { type HeldReport, sparse } from './sparse.js';

/** The system calls that a log needs. */
export interface LogCalls {
  write(fd: number, bytes: Uint8Array): number;
  close(fd: number): void;
}

const SYSTEM: LogCalls = { write: writeSync, close: closeSync };

/**
 * Appends every event to an open log. A line that cannot be written, since the disk is full, is left out: the run goes on, and
 * the first time that is said.
 *
 * @param now milliseconds since 1970.
 */
export function eventLog(
  path: string,
  file: LogFile,
  complain: (text: string) => void,
  now: () => number,
  calls: LogCalls = SYSTEM,
): HeldReport {
  let { torn } = file;
  let said = false;
  const append = (line: string) => {
    // What is left of a line that could not be written to its end gets a line of its own.
    const bytes = Buffer.from(torn ? `\n${line}` : line);
    let written = 0;
    try {
      while (written < bytes.length) written += calls.write(file.fd, bytes.subarray(written));
      torn = false;
    } catch (error) {
      // A line feed that is there has ended the old line.
      if (written > 0) torn = !(torn && written === 1);
      if (said) return;
      said = true;
      const trouble = systemTrouble(error);
      const cause = trouble === null ? nameSystemErrors((error as Error).message) : inWords(trouble);
      complain(`--log ${path}: cannot be written to (${cause}); the run goes on, and the log lacks events`);
    }
  };
  const held = sparse((event, at) => append(eventLine(event, at)), now);
  return {
    report: (event) => held.report(event),
    end() {
      held.end();
      calls.close(file.fd);
    },
  };
}
