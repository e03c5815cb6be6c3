import { closeSync, lstatSync, openSync, readSync, statSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { hasBytes, writeFileDurably } from '@holdfast/durable';
import type { Sink } from '@holdfast/pt-serializer';
import { glance } from './glance.js';
import { layout } from './layout.js';
import { refuseRunsNames } from './refuse-runs-names.js';
import { runElsewhere } from './run-elsewhere.js';
import { RunFolderError } from './run-folder-error.js';
import { soleWriter } from './sole-writer.js';
import { withoutLinks } from './without-links.js';

/** A file, or a folder of files, that a user names for what a command makes. */
export interface Output {
  path: string;
  /** The option that names it, such as `--output`, for messages. */
  option: string;
  /** What is made, in a word: `export`, `plot`. */
  what: string;
  /** Whether to replace a file that is there and is something else. Default false. */
  force?: boolean;
}

/** What else is known before anything is computed. */
export interface OutputFacts {
  /** Folders of runs that may have no mark yet. */
  runs?: readonly string[];
  /** Files that the command reads. */
  inputs?: readonly string[];
  /** Whether a folder is made instead of a file. Default false. */
  folder?: boolean;
  /** Whether the command prints without the option. Default false. */
  prints?: boolean;
  /** How such a file begins: one that begins otherwise is something else, so nothing need be computed to say so. */
  begins?: string;
}

/**
 * Refuses an output that must not be written, as far as that is known before it is made. `writeOutput` refuses the rest.
 *
 * @throws RunFolderError that names the remedy.
 */
export function refuseOutput(output: Output, facts: OutputFacts = {}): void {
  const { path, option, what, force = false } = output;
  const { runs = [], inputs = [], folder = false, prints = false, begins = '' } = facts;
  const refuse = (why: string, remedy = `name another ${folder ? 'folder' : 'file'} with ${option}`) =>
    new RunFolderError(`${path} ${why}; ${remedy}`);
  if (path === '-')
    throw new RunFolderError(
      prints
        ? `${option} - would make a file named -; leave ${option} out to print, or name a file, such as ./-`
        : `the ${what} is not printed; name a ${folder ? 'folder' : 'file'} with ${option}, such as ${option} ./-`,
    );
  refuseRunsNames(path, { option, runs });
  const parent = dirname(resolve(path));
  const above = statSync(parent, { throwIfNoEntry: false });
  if (above === undefined)
    throw new RunFolderError(`${parent} is not there; make it first, or name another path with ${option}`);
  if (!above.isDirectory())
    throw new RunFolderError(`${parent} is not a folder; name another path with ${option}`);
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (folder) {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw refuse('is there and is no folder');
    return;
  }
  if (inputs.some((input) => input !== '-' && withoutLinks(input) === withoutLinks(path)))
    throw refuse('is read by this command');
  for (const run of runs)
    if (inputsOf(run).some((input) => withoutLinks(input) === withoutLinks(path)))
      throw refuse(`is an input of the run in ${run}`);
  // A device or a pipe would be replaced by a file.
  if (!found.isFile()) throw refuse('is there and is no file');
  if (!force && begins !== '' && !startsWith(path, begins)) throw other(output);
}

/** What the run in a folder was made of. Paths are as they were given, so this looks from the working directory. */
function inputsOf(folder: string): string[] {
  const place = layout(folder);
  const { run } = glance(layout(runElsewhere(place) ?? folder));
  return run.is === 'read' ? run.value.inputs.map(({ path }) => path).filter((path) => path !== '-') : [];
}

/**
 * Writes a file that is either complete or absent. One that is there already is compared, and left as it is if it has just these
 * bytes: so the same command may be run again. Another one is replaced only with `force`.
 *
 * @returns whether it was written.
 * @throws RunFolderError if something else has the name, or its temporary one; BusyError if another command writes it; what `write` and the file system throw.
 */
export async function writeOutput(output: Output, write: (sink: Sink) => Promise<unknown>): Promise<boolean> {
  const { path, option, force = false } = output;
  await using _alone = await soleWriter(path);
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (found !== null && !found.isFile())
    throw new RunFolderError(`${path} is there and is no file; name another file with ${option}`);
  if (found !== null && !force) {
    if (await hasBytes(path, write)) return false;
    throw other(output);
  }
  await writeFileDurably(path, async (file) => void (await write(file)));
  return true;
}

/** What became of an output, behind its path. @param written as `writeOutput` returns it. */
export const writtenWords = (written: boolean): string =>
  written ? 'written' : 'was there already, with the same bytes';

const other = ({ path, what, option }: Output) =>
  new RunFolderError(
    `${path} is there and is not this ${what}; name another file with ${option}, or add --force to replace it`,
  );

/** Whether a file begins with the text, or ends before it differs. */
function startsWith(path: string, text: string): boolean {
  const due = Buffer.from(text);
  const bytes = Buffer.alloc(due.length);
  const file = openSync(path, 'r');
  try {
    const read = readSync(file, bytes, 0, bytes.length, 0);
    return bytes.subarray(0, read).equals(due.subarray(0, read));
  } finally {
    closeSync(file);
  }
}
