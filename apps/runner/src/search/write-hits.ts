import type { Metric, nearestRows as NearestRows } from '@holdfast/neighbours';
import { float32Of } from '@holdfast/pt-serializer';
import { namedRows, type Result, type RowReader, rowIds } from '@holdfast/result';
import type { HitFormat } from './hit-lines.js';

/** What is searched for. */
export interface Queries {
  /** Lists of queries: their IDs, and their numbers, row-major [queries, dim]. @param most queries in a list. */
  lists(most: number): AsyncIterable<{ ids: string[]; data: Float32Array }>;
}

/** The rows of a result, which was made of the queries. */
export const queriesOf = ({ ids }: Pick<Result, 'ids'>, rows: RowReader): Queries => ({
  async *lists(most) {
    const names = oneByOne(rowIds(ids));
    for await (const block of rows.blocks(most)) {
      const list: string[] = [];
      while (list.length < block.rows) list.push((await names.next()).value as string);
      yield { ids: list, data: block.data };
    }
  },
});

/** Rows of the result itself. @param chosen each one's ID and row. */
export const ownRows = (
  rows: Pick<RowReader, 'bytesAt' | 'dtype'>,
  chosen: readonly (readonly [id: string, row: number])[],
): Queries => ({
  async *lists(most) {
    for (let first = 0; first < chosen.length; first += most) {
      const part = chosen.slice(first, first + most);
      const bytes = await rows.bytesAt(part.map(([, row]) => row));
      yield { ids: part.map(([id]) => id), data: float32Of(rows.dtype, bytes) };
    }
  },
});

async function* oneByOne<T>(lists: AsyncIterable<T[]>): AsyncGenerator<T> {
  for await (const list of lists) yield* list;
}

/** Queries that are compared in one pass over the rows. */
const QUERIES = 1024;
/** Hits of one pass; they are held until they are written. */
const HITS = 200_000;

export interface Writing {
  result: Result;
  /** The rows that are compared. */
  rows: RowReader;
  queries: Queries;
  format: HitFormat;
  k: number;
  metric: Metric;
  signal: AbortSignal;
  /** Rows that were compared, of all. */
  onProgress(done: number, total: number): void;
}

/** Finds the nearest rows of each query, and writes them. */
export async function writeHits(
  { result, rows, queries, format, k, metric, signal, onProgress }: Writing,
  write: (text: string) => Promise<void>,
): Promise<void> {
  const { nearestRows }: { nearestRows: typeof NearestRows } = await import('@holdfast/neighbours');
  await write(format.head);
  const most = Math.max(1, Math.min(QUERIES, Math.floor(HITS / k)));
  for await (const { ids, data } of queries.lists(most)) {
    const found = await nearestRows(rows, data, {
      k,
      metric,
      signal,
      onProgress: (done) => onProgress(done, rows.rows),
    });
    const names = await namedRows(
      result,
      found.flatMap((hits) => hits.map(({ row }) => row)),
    );
    for (const [at, hits] of found.entries())
      await write(format.lines({ query: ids[at]!, found: hits }, names));
    signal.throwIfAborted();
  }
}
