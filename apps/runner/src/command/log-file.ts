import { closeSync, fstatSync, lstatSync, mkdirSync, openSync, readSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { inWords, systemTrouble } from '@holdfast/durable';
import { RunFolderError, refuseRunsNames, withoutLinks } from '@holdfast/run-folder';
import { UsageError } from '../errors.js';

/** A log that is open for appending. */
export interface LogFile {
  fd: number;
  /** Whether its last line has no end, as after a kill. */
  torn: boolean;
}

/** How the first line of a log begins. */
const BEGIN = '{"format":';

/**
 * Opens a log of events. It may lie in the output folder, which is made for it, but not under a name of a run.
 *
 * @param work the run's folder, if that is another one.
 * @throws UsageError if the file cannot be appended to, or is something else: an input, say.
 */
export function openLogFile(path: string, out: string, work?: string): LogFile {
  try {
    const folder = resolve(out);
    const parent = dirname(resolve(path));
    if (parent === folder || parent.startsWith(folder + sep)) mkdirSync(parent, { recursive: true });
    refuseOwn(path, work === undefined ? [out] : [out, work]);
    refuseKind(path);
    const fd = openSync(path, 'a+');
    try {
      return { fd, torn: lookInto(fd, path) };
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  } catch (cause) {
    const trouble = systemTrouble(cause);
    if (trouble === null) throw cause;
    const remedy =
      trouble.code === 'ENOENT' ? `make the folder ${dirname(path)} first` : trouble.remedy.write;
    throw new UsageError(
      `--log ${path}: cannot be written to (${inWords(trouble)})${trouble.passing ? '' : `; ${remedy}, or name another file`}`,
      { cause },
    );
  }
}

/** What a run writes, it also removes. */
function refuseOwn(path: string, runs: readonly string[]): void {
  try {
    refuseRunsNames(path, { option: '--log', runs });
  } catch (error) {
    if (!(error instanceof RunFolderError)) throw error;
    throw new UsageError(`--log ${error.message}, such as ${join(runs[0]!, 'events.ndjson')}`, {
      cause: error,
    });
  }
}

/** Opening a pipe would wait for its reader. */
function refuseKind(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  const kind = found?.isSymbolicLink() ? lstatSync(withoutLinks(path), { throwIfNoEntry: false }) : found;
  if (kind === undefined || kind.isFile() || kind.isCharacterDevice()) return;
  const what = kind.isDirectory() ? 'a folder' : 'not a file';
  throw new UsageError(`--log ${path}: is ${what}; name a file`);
}

/** Refuses a file that holds something else. @returns whether its last line has no end. */
function lookInto(fd: number, path: string): boolean {
  const stat = fstatSync(fd);
  if (!stat.isFile() || stat.size === 0) return false;
  const bytes = Buffer.alloc(Math.min(BEGIN.length, stat.size));
  readSync(fd, bytes, 0, bytes.length, 0);
  if (!BEGIN.startsWith(bytes.toString('latin1')))
    throw new UsageError(
      `--log ${path}: holds something else than events of Holdfast, so nothing is appended to it; name a new file`,
    );
  const last = Buffer.alloc(1);
  readSync(fd, last, 0, 1, stat.size - 1);
  return last.toString('latin1') !== '\n';
}
