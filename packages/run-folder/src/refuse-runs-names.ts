import { lstatSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type Layout, layout } from './layout.js';
import { isRunsName } from './own-names.js';
import { isRunRecord } from './records/run-record.js';
import { RunFolderError } from './run-folder-error.js';
import { withoutLinks } from './without-links.js';

/**
 * Refuses a path that a user names for a file or a folder, if it is one that a run itself writes and removes: of any run, whose
 * folder is known by its mark or its record.
 *
 * @param option what names it, such as `--output`, for the message.
 * @param runs folders that count as those of runs, though they may have no mark yet.
 * @throws RunFolderError that names the run's folder.
 */
export function refuseRunsNames(
  path: string,
  { option, runs = [] }: { option: string; runs?: readonly string[] },
): void {
  const marked = new Set(runs.map(withoutLinks));
  const whole = resolve(path);
  // Where the name itself is, and where it leads to if it is a link.
  for (const real of new Set([join(withoutLinks(dirname(whole)), basename(whole)), withoutLinks(whole)])) {
    if (marked.has(real) || holdsRunHere(real))
      throw new RunFolderError(`${path} is the folder of a run; name another path with ${option}`);
    const folder = ownerOf(real, marked);
    if (folder !== null)
      throw new RunFolderError(
        `${path} belongs to the run in ${folder}, which writes and removes it itself; name another path with ${option}`,
      );
  }
}

/**
 * Refuses the folder of a new run within what another run writes and removes itself, such as its checkpoints.
 *
 * @throws RunFolderError that names the other run's folder.
 */
export function refuseWithinRun({ out, option }: Pick<Layout, 'out' | 'option'>): void {
  const real = withoutLinks(resolve(out));
  const folder = holdsRunHere(real) ? null : ownerOf(real, new Set());
  if (folder !== null)
    throw new RunFolderError(
      `${out} belongs to the run in ${folder}, which writes and removes it itself; use another ${option}`,
    );
}

/** The folder of the run that the path belongs to; null if it belongs to none. @param real without links. */
function ownerOf(real: string, marked: ReadonlySet<string>): string | null {
  // While it is written, a file has a name of its own.
  let owned = isRunsName(`${basename(real)}.tmp`);
  for (let at = real; dirname(at) !== at; at = dirname(at)) {
    owned ||= isRunsName(basename(at));
    const folder = dirname(at);
    if (owned && (marked.has(folder) || holdsRunHere(folder))) return folder;
    owned = false;
  }
  return null;
}

/** Whether a folder is marked as a run's, or has the record of one: runs of the first version have no mark. */
function holdsRunHere(folder: string): boolean {
  const { ownership, run } = layout(folder);
  try {
    if (lstatSync(ownership, { throwIfNoEntry: false })?.isFile()) return true;
    return isRunRecord(readFileSync(run, 'utf8'));
  } catch {
    return false;
  }
}
