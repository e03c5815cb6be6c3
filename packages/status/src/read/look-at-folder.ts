import { opendirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemErrorCode } from '@holdfast/durable';
import { layout } from '@holdfast/run-folder/glance';
import type { FolderLook } from '../facts.js';

/** Names that are read of a folder without a run: it may have millions. */
const MOST_NAMES = 1000;

/** What is at a path: a run, or what else. @throws what the file system throws if it may not be entered. */
export function lookAtFolder(dir: string): FolderLook {
  const nothing = { ofRun: false, names: [], more: false, runs: [] };
  const kind = statSync(dir, { throwIfNoEntry: false });
  if (kind === undefined) return { is: 'missing', ...nothing };
  if (!kind.isDirectory()) return { is: 'file', ...nothing };
  if (holdsRun(dir)) return { is: 'folder', ...nothing, ofRun: true };
  const names: string[] = [];
  const folder = opendirSync(dir);
  try {
    for (
      let entry = folder.readSync();
      entry !== null && names.length <= MOST_NAMES;
      entry = folder.readSync()
    )
      names.push(entry.name);
  } finally {
    folder.closeSync();
  }
  const listed = names.slice(0, MOST_NAMES).sort();
  const runs = listed.filter((name) => isRun(join(dir, name)));
  return { is: 'folder', ofRun: false, names: listed, more: names.length > MOST_NAMES, runs };
}

/** Names that only a run leaves; its lock files alone may be those of a command that began none. */
function holdsRun(dir: string): boolean {
  const { ownership, run, manifest, result, newIndex, restart } = layout(dir);
  return [ownership, run, manifest, result, newIndex, restart].some(
    (path) => statSync(path, { throwIfNoEntry: false }) !== undefined,
  );
}

function isRun(path: string): boolean {
  try {
    return statSync(path).isDirectory() && holdsRun(path);
  } catch (error) {
    if (systemErrorCode(error) === null) throw error;
    return false;
  }
}
