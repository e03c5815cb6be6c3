import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Layout } from './layout.js';

/** Begins the line that names the folder of the run. */
const WHERE = 'The run is kept in ';

/** What the ownership file of a folder says that only gets the result. */
export const noteOf = ({ out }: Layout): string =>
  `Holdfast puts a result into this folder. Files with the names of a run belong to it, and it may remove them.\n${WHERE}${JSON.stringify(resolve(out))}\n`;

/** The folder of the run whose result is put into this one; null if the run, if any, is kept here. */
export function runElsewhere({ ownership }: Layout): string | null {
  try {
    const line = readFileSync(ownership, 'utf8')
      .split('\n')
      .find((each) => each.startsWith(WHERE));
    const folder: unknown = line === undefined ? null : JSON.parse(line.slice(WHERE.length));
    return typeof folder === 'string' ? folder : null;
  } catch {
    return null;
  }
}
