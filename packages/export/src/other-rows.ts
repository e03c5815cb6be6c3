import { IdIndex, openResult, proveResult } from '@holdfast/result';
import { digests } from './destination.js';
import { exportSource } from './export-source.js';
import type { OtherRows } from './format.js';

/** The rows of another result, by ID. @param from which of its outputs. */
export async function otherRows(
  folder: string,
  from: string,
): Promise<OtherRows & AsyncDisposable & { digests: Record<string, string> }> {
  const result = await openResult(folder);
  await proveResult(result, { outputs: [from], sequences: true });
  const matrix = await result.rowsOf(from);
  const index = await IdIndex.open(result.ids, matrix.rows);
  return {
    source: await exportSource(result, matrix),
    digests: digests(result),
    async row(id) {
      const row = (await index.find([id])).get(id);
      return row === undefined ? null : matrix.read(row, row + 1);
    },
    async [Symbol.asyncDispose]() {
      await index[Symbol.asyncDispose]();
      await matrix[Symbol.asyncDispose]();
    },
  };
}
