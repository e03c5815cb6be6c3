import { type FormatName, npyHolds, valueFormats } from '../formats/formats.js';
import { type RunOutputs, rowFiles, rowWidth, storedTypeOf, valueFiles } from './run-outputs.js';

/** The names of the files of what is computed beside the embeddings, in the order in which they are written. */
export function moreFiles(outputs: RunOutputs | undefined, format: FormatName): string[] {
  if (outputs === undefined) return [];
  const [, ...rows] = rowFiles(rowWidth(outputs), outputs);
  return [
    ...rows.map(({ name }) => `${name}.${format}`),
    ...valueFiles(outputs).flatMap(({ name }) => valueFormats[format](name).map(({ file }) => file)),
  ];
}

/** Whether a format can hold how numbers are stored. */
export const formatHolds = (format: FormatName, outputs: RunOutputs | undefined): boolean =>
  format !== 'npy' || npyHolds(storedTypeOf(outputs));
