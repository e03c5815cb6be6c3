import type { Checkpoint } from '@holdfast/checkpoint';
import { completeShard } from './complete-shard.js';
import type { CoveredPositions, ShardCursor } from './shard-plan.js';

/** Rows of a shard's sequences that were tried again, by position. */
export async function retriedRows(folder: string, cursor: ShardCursor): Promise<Map<number, Float32Array>> {
  const rows = new Map<number, Float32Array>();
  for await (const checkpoint of completeShard(folder, cursor, 'checksum')) {
    const { positions } = cursor.last;
    if (positions === null) continue;
    const { dim } = cursor;
    const all = await checkpoint.readRows();
    for (const [at, position] of positions.entries()) rows.set(position, all.slice(at * dim, (at + 1) * dim));
  }
  return rows;
}

/**
 * The rows of a checkpoint, a few at a time, and between them, in their places, those of its sequences that were tried again.
 *
 * @param step rows read at a time.
 */
export async function* withRetried(
  checkpoint: Checkpoint,
  { first, left }: CoveredPositions,
  retried: ReadonlyMap<number, Float32Array>,
  step: number,
): AsyncGenerator<Float32Array> {
  let at = 0;
  async function* upTo(end: number) {
    for (; at < end; at = Math.min(end, at + step))
      yield await checkpoint.readRows(at, Math.min(end, at + step));
  }
  for (const [nth, position] of left.entries()) {
    const row = retried.get(position);
    if (row === undefined) continue;
    yield* upTo(position - first - nth);
    yield row;
  }
  yield* upTo(checkpoint.shape[0]);
}
