import { basename, join, resolve } from 'node:path';
import { EMBEDDINGS, type Result } from '@holdfast/result';
import { type Output, refuseOutput } from '@holdfast/run-folder';
import { exportFormats } from './export-formats.js';
import type { ExportOptions } from './export-options.js';
import type { ExportFormat } from './format.js';

/** Where an export goes. @throws RunFolderError if it must not go there. */
export function destination(options: ExportOptions): Output {
  const format: ExportFormat = exportFormats[options.to];
  const path = options.output ?? besideFolder(options, format);
  const output = { path, option: '--output', what: 'export', force: options.force ?? false };
  refuseOutput(output, { runs: [options.folder], folder: format.write === undefined });
  return output;
}

/** Beside the folder, whose own names belong to the run. */
function besideFolder({ folder, from = EMBEDDINGS }: ExportOptions, { ending }: ExportFormat): string {
  const name = basename(resolve(folder)) || 'result';
  return join(folder, '..', `${name}${from === EMBEDDINGS ? '' : `.${from}`}${ending}`);
}

/** What an export depends on: the rows and their IDs. */
export const digests = ({ record }: Result): Record<string, string> =>
  Object.fromEntries(record.files.map(({ file, sha256 }) => [file, sha256]));
