import type { Checkpoint } from '@holdfast/checkpoint';
import { completeShard } from './complete-shard.js';
import type { CoveredPositions, ShardCursor } from './shard-plan.js';

/** The rows of a shard's reattempted sequences, by position. @throws InvalidCheckpointError for a damaged checkpoint. */
export async function reattemptedRows(
  folder: string,
  cursor: ShardCursor,
): Promise<Map<number, Float32Array>> {
  const rows = new Map<number, Float32Array>();
  for await (const checkpoint of completeShard(folder, cursor, 'length')) {
    const { positions } = cursor.last;
    if (positions === null) continue;
    const { dim } = cursor;
    for await (const all of checkpoint.verifiedRows(checkpoint.shape[0]))
      for (const [at, position] of positions.entries())
        rows.set(position, all.slice(at * dim, (at + 1) * dim));
  }
  return rows;
}

/**
 * The rows of a checkpoint, a few at a time, with the rows of its reattempted sequences inserted in their places.
 *
 * @param step rows read at a time.
 * @throws InvalidCheckpointError at the end if the file is damaged.
 */
export async function* withReattempted(
  checkpoint: Checkpoint,
  { first, left }: CoveredPositions,
  retried: ReadonlyMap<number, Float32Array>,
  step: number,
): AsyncGenerator<Float32Array> {
  const dim = checkpoint.shape[1];
  const between = left.flatMap((position, nth) => {
    const row = retried.get(position);
    return row === undefined ? [] : [{ before: position - first - nth, row }];
  });
  let next = 0;
  let at = 0;
  for await (const part of checkpoint.verifiedRows(step)) {
    const end = at + part.length / dim;
    const from = at;
    for (; next < between.length && between[next]!.before < end; next++) {
      const { before, row } = between[next]!;
      if (before > at) yield part.subarray((at - from) * dim, (before - from) * dim);
      yield row;
      at = before;
    }
    yield part.subarray((at - from) * dim);
    at = end;
  }
  for (const { row } of between.slice(next)) yield row;
}
