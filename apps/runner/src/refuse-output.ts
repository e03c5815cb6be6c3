import { lstatSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import { isThere } from '@holdfast/durable';
import { layout, ownPaths, withoutLinks } from '@holdfast/run-folder';
import { UsageError } from './errors.js';

/** @throws UsageError for a file that must not be replaced, or cannot be written, before anything is computed. */
export function refuseOutput(
  path: string,
  { dir, inputs }: { dir: string; inputs: readonly string[] },
): void {
  const real = withoutLinks(path);
  const refuse = (why: string) => new UsageError(`-o ${path}: ${why}; name another file`);
  if (!isThere(dirname(real))) throw refuse(`there is no folder ${dirname(path)}`);
  const found = lstatSync(real, { throwIfNoEntry: false });
  // A device or a pipe would be replaced by a file.
  if (found !== undefined && !found.isFile())
    throw refuse(found.isDirectory() ? 'it is a folder' : 'it is not a file');
  if (inputs.some((input) => input !== '-' && withoutLinks(input) === real))
    throw refuse('this command reads it');
  const place = layout(dir);
  const own = [...ownPaths(place), place.lock, place.workersLock, place.ownership, place.restart];
  if (own.map(withoutLinks).some((each) => real === each || real.startsWith(each + sep)))
    throw refuse('it belongs to the run');
}
