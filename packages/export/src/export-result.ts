import { EMBEDDINGS, openResult, proveResult } from '@holdfast/result';
import type { Exported, ExportOptions } from './export-options.js';
import { exportRows } from './export-rows.js';
import { exportValues } from './export-values.js';

/**
 * Writes a result in another format, streaming. The same command leaves the same bytes, whatever was killed before.
 *
 * @throws RunFolderError if there is no whole result, something else is where the export goes, or the format cannot take the rows; the
 * signal's reason.
 */
export async function exportResult(options: ExportOptions): Promise<Exported> {
  const result = await openResult(options.folder);
  const from = result.outputNamed(options.from ?? EMBEDDINGS);
  await proveResult(result, { outputs: [from], sequences: true, signal: options.signal });
  return result.valueOutputs.includes(from)
    ? exportValues(result, from, options)
    : exportRows(result, from, options);
}
