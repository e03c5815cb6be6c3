import { basename } from 'node:path';
import { ownPaths } from './folder-ownership.js';
import { layout } from './layout.js';

const PLACE = layout('run');
/** Names in a run's folder that are the run's. */
const NAMES: ReadonlySet<string> = new Set(
  [...ownPaths(PLACE), PLACE.lock, PLACE.workersLock].map((path) => basename(path)),
);
/** Records and marks; later versions may have more of them. */
const MARKS = '.holdfast';
/** What is added to a name: while the file is written, and once it is set aside. */
const ADDED = /(?:(?:\.[0-9a-f]{12})?\.tmp|\.corrupt(?:\.\d+)?)$/;
/** Embeddings that were set aside, in a format of any version. */
const ASIDE = /^embeddings\.[a-z]+\.corrupt(?:\.\d+)?$/;

/**
 * Whether a run writes, removes or sets aside what has this name in its folder. Capitals do not matter: on some file systems they
 * make no other file.
 */
export function isRunsName(name: string): boolean {
  const lower = name.toLowerCase();
  if (lower.startsWith(MARKS)) return true;
  for (let left = lower; ; left = left.replace(ADDED, '')) {
    if (NAMES.has(left) || ASIDE.test(left)) return true;
    if (!ADDED.test(left)) return false;
  }
}
