import { openResult, proveResult } from '@holdfast/result';
import { exportEsm } from './export-esm.js';
import type { Exported, ExportOptions } from './export-options.js';
import { exportRows } from './export-rows.js';
import { exportValues } from './export-values.js';
import { outputNames } from './output-names.js';

/**
 * Writes a result in another format, streaming. The same command leaves the same bytes, whatever was killed before.
 *
 * @throws RunFolderError if there is no whole result, something else is where the export goes, or the format cannot take the rows; the
 * signal's reason.
 */
export async function exportResult(options: ExportOptions): Promise<Exported> {
  const result = await openResult(options.folder);
  const names = outputNames(result, options.from, options.to === 'esm');
  await proveResult(result, { outputs: names, sequences: true, signal: options.signal });
  if (options.to === 'esm') return exportEsm(result, names, options);
  const from = names[0]!;
  return result.valueOutputs.includes(from)
    ? exportValues(result, from, options)
    : exportRows(result, from, options);
}
