import { valueRange } from '@holdfast/projection';
import { type LabelColumn as Read, readLabels as read } from '@holdfast/result';
import type { ColourHeader } from '../wire.js';

/** A colouring that a file of labels gives: a number or a category for each row. */
export interface LabelColumn {
  header: ColourHeader;
  /** Of numbers NaN, and of categories 0 (no label), for rows that the file does not name. */
  data: Float32Array | Uint16Array;
}

/** What a row without a label is called. */
const UNLABELLED = '(no label)';

/** A table of labels as a page takes it. @throws RunFolderError as `readLabels` of `@holdfast/result`. */
export async function readLabels(
  path: string,
  ids: string,
  rows: number,
): Promise<{ columns: LabelColumn[]; unknown: number }> {
  const { columns, unknown } = await read(path, { ids, rows });
  return { columns: columns.map(asSent), unknown };
}

const asSent = (column: Read): LabelColumn =>
  column.kind === 'number'
    ? numbers(column.name, column.values)
    : {
        header: { kind: 'category', name: column.name, names: [UNLABELLED, ...column.names] },
        data: column.of,
      };

/** A colouring by numbers, with the ends of their ramp. */
export const numbers = (name: string, data: Float32Array): LabelColumn => ({
  header: { kind: 'number', name, ...valueRange(data) },
  data,
});
