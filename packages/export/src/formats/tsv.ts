import type { Sink } from '@holdfast/pt-serializer';
import type { ExportSource } from '../export-source.js';
import { batches } from '../table.js';

/** Rows that become text at a time: a few MiB of it. */
const ROWS_OF = (dim: number) => Math.max(1, Math.floor(65_536 / Math.max(1, dim)));

/** Digits that tell every float32 from its neighbours. */
const DIGITS = 9;

/** A row as text: its ID and its numbers, separated by tabs. Each number reads back as the same float32. */
export function tsvRow(id: string, row: Float32Array): string {
  let text = id;
  for (const number of row) text += `\t${number.toPrecision(DIGITS)}`;
  return `${text}\n`;
}

/** A table: a line with the columns' names (`id`, then the model's, or `0`, `1`, …), then a line for each row. */
export async function writeTsv(sink: Sink, source: ExportSource): Promise<void> {
  const { dim } = source;
  const names = source.columns ?? Array.from({ length: dim }, (_, at) => `${at}`);
  await sink.write(Buffer.from(`${['id', ...names].join('\t')}\n`));
  for await (const { rows, ids, data } of batches({ ...source, lines: null }, ROWS_OF(dim))) {
    let text = '';
    for (let row = 0; row < rows; row++) text += tsvRow(ids[row]!, data.subarray(row * dim, (row + 1) * dim));
    await sink.write(Buffer.from(text));
  }
}
