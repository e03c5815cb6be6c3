import { InvalidCheckpointError } from '@holdfast/checkpoint';
import { inInputOrder, type KeptRows, type SequenceIndex, type Shard, withCopies } from '@holdfast/plan';
import type { Layout } from '../layout.js';
import type { RunOutputs } from '../outputs/run-outputs.js';
import type { FoundQuarantined } from '../quarantine/find-quarantined.js';
import { completeShard } from './complete-shard.js';
import { reattemptedRows, withReattempted } from './reattempted-rows.js';
import { ShardIncompleteError } from './shard-incomplete-error.js';
import { ShardCursor } from './shard-plan.js';

/** Bytes of rows that are read at a time. */
const PART_BYTES = 4 << 20;

/** A run whose shards are complete. */
export interface CompleteRun {
  place: Pick<Layout, 'shard'>;
  /** The run's fingerprint. */
  run: string;
  index: SequenceIndex;
  shards: readonly Shard[];
  /** Numbers in a row. */
  dim: number;
  outputs: RunOutputs | undefined;
  /** What is quarantined, and which shards have rows of reattempted sequences. */
  found: FoundQuarantined;
  /** Makes what keeps rows for copies; called only if there are copies. */
  copied(): Promise<KeptRows & AsyncDisposable>;
  /** Called after each shard with how many of its sequences lost tokens. */
  onTruncated?(sequences: number): void;
}

/**
 * Yields the rows of a result, in input order, from the checkpoints of all shards: whole rows, row-major, a few MiB at a time. Each
 * part is valid until the next is requested. Memory holds at most one bucket's rows. Every checkpoint is checked against its
 * checksum and every row against the index.
 *
 * @throws ShardIncompleteError if a checkpoint is missing or damaged; IndexError if the index is.
 */
export async function* resultRows(run: CompleteRun): AsyncGenerator<Float32Array> {
  async function* planned(): AsyncGenerator<Float32Array> {
    for (const shard of run.shards) yield* shardRows(shard, run);
  }
  const { index, dim, found } = run;
  const missing = new Set(found.quarantined.map(({ position }) => position));
  const distinct = inInputOrder(planned(), dim, index, missing);
  if (!index.summary.copies) {
    yield* distinct;
    return;
  }
  const ordinals = new Set([...found.quarantined, ...found.copies].map(({ ordinal }) => ordinal));
  await using kept = await run.copied();
  yield* withCopies(distinct, dim, index, ordinals, kept);
}

/** Yields the rows of one shard in the plan's order. */
async function* shardRows(
  shard: Shard,
  { place, run, index, dim, outputs, found, onTruncated }: CompleteRun,
): AsyncGenerator<Float32Array> {
  const cursor = new ShardCursor(shard, run, dim, index, outputs);
  const step = Math.max(1, Math.floor(PART_BYTES / (dim * Float32Array.BYTES_PER_ELEMENT)));
  const folder = place.shard(shard.shard);
  try {
    const again = found.retried.has(shard.shard)
      ? await reattemptedRows(folder, new ShardCursor(shard, run, dim, index, outputs))
      : new Map<number, Float32Array>();
    // The checksum covers the very bytes that become rows, not an earlier read.
    for await (const checkpoint of completeShard(folder, cursor, 'length'))
      if (cursor.last.positions === null) yield* withReattempted(checkpoint, cursor.last, again, step);
  } catch (error) {
    if (!(error instanceof InvalidCheckpointError)) throw error;
    throw new ShardIncompleteError(shard.shard, error.message);
  }
  onTruncated?.(cursor.truncated);
}
