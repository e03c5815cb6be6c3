import { basename, extname, join, resolve } from 'node:path';
import { EMBEDDINGS, type Result } from '@holdfast/result';
import { type Output, RunFolderError, refuseOutput } from '@holdfast/run-folder';
import { type ExportName, exportFormats } from './export-formats.js';
import type { ExportOptions } from './export-options.js';
import type { ExportFormat } from './format.js';

/** Where an export goes. @throws RunFolderError if it must not go there. */
export function destination(options: ExportOptions): Output {
  const format: ExportFormat = exportFormats[options.to];
  const path = options.output ?? besideFolder(options, format);
  const output = { path, option: '--output', what: 'export', force: options.force ?? false };
  refuseOutput(output, { runs: [options.folder], folder: format.write === undefined });
  refuseEnding(path, options.to);
  return output;
}

/** Endings by which people, and the programs that they open a file with, tell formats. */
const ENDINGS: ReadonlyMap<string, ExportName | null> = new Map<string, ExportName | null>([
  ...(Object.entries(exportFormats) as [ExportName, ExportFormat][])
    .filter(([, { write }]) => write !== undefined)
    .map(([name, { ending }]) => [extname(`x${ending}`), name] as const)
    // `.h5` is that of two formats; the first is the one that its name alone means.
    .reverse(),
  ['.csv', null],
  ['.json', null],
]);

/** @throws RunFolderError for a name whose ending is that of another format. */
function refuseEnding(path: string, to: ExportName): void {
  const { ending } = exportFormats[to];
  const given = extname(path).toLowerCase();
  const meant = ENDINGS.get(given);
  if (meant === undefined || given === extname(`x${ending}`)) return;
  throw new RunFolderError(
    `${path}: --to ${to} does not write ${given}; end the name with ${ending}${meant === null ? '' : `, or export --to ${meant}`}`,
  );
}

/** Beside the folder, whose own names belong to the run. */
function besideFolder({ folder, from = EMBEDDINGS }: ExportOptions, { ending }: ExportFormat): string {
  const name = basename(resolve(folder)) || 'result';
  // A list may be longer than a name can be.
  const what = from.includes(',') ? 'several' : from;
  return join(folder, '..', `${name}${what === EMBEDDINGS ? '' : `.${what}`}${ending}`);
}

/** What an export depends on: the rows and their IDs. */
export const digests = ({ record }: Result): Record<string, string> =>
  Object.fromEntries(record.files.map(({ file, sha256 }) => [file, sha256]));
