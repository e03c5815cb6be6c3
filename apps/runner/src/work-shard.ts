import { hostname } from 'node:os';
import { join } from 'node:path';
import { AsyncCheckpointWriter, checkpointName, setAside } from '@holdfast/checkpoint';
import type { EmbeddingModel } from '@holdfast/gpu-runtime';
import type { CheckpointManifest } from '@holdfast/manifest';
import type { CheckpointTrigger } from '@holdfast/trigger';
import { ahead } from './ahead.js';
import { findCheckpoints } from './find-checkpoints.js';
import type { SequenceIndex } from './index-store/index.js';
import { NonFiniteRowsError, nonFiniteRows } from './non-finite-rows.js';
import { RowBuffer } from './row-buffer.js';
import { checkpointFacts, type Shard, ShardCursor } from './shard-plan.js';

export interface ShardWork {
  shard: Shard;
  folder: string;
  run: string;
  index: SequenceIndex;
  model: EmbeddingModel;
  trigger: CheckpointTrigger<string>;
  manifest: Pick<
    CheckpointManifest,
    'claimShard' | 'reconcileShard' | 'updateShardCheckpoint' | 'markShardComplete'
  >;
  /** Asked between batches: whether to save what is there and leave. */
  stopping(): boolean;
  report: {
    /** Sequences already in valid checkpoints, and the files that had to be moved aside. */
    resumed(sequences: number, fault: string | null, aside: readonly string[]): Promise<void>;
    /** A batch was embedded. */
    progress(sequences: number): Promise<void>;
    /** A batch's turn has come, for blame if it failed. */
    batch(index: number): void;
    checkpoint(batchIdx: number, sequences: number, file: string, reason: string): Promise<void>;
  };
}

/**
 * One shard from wherever it stands to its end: resume → remaining → batches → embed → trigger → write → manifest.
 *
 * @returns whether the shard is complete; false when it was stopped, with all embedded rows saved.
 */
export async function workShard(work: ShardWork): Promise<boolean> {
  const { shard, folder, run, index, model, trigger, manifest, report } = work;

  // From here on a predecessor that was believed dead can record nothing of this shard.
  const claim = await manifest.claimShard(shard.shard, `process ${process.pid} on ${hostname()}`);
  const cursor = new ShardCursor(shard, run, model.source.dim, index);
  const { found, fault } = await findCheckpoints(folder, { accept: cursor.accept });
  const aside = await setAside(folder, found.length);
  await manifest.reconcileShard(shard.shard, found, claim);
  await report.resumed(
    found.reduce((sum, { numSequences }) => sum + numSequences, 0),
    fault,
    aside,
  );

  const writer = new AsyncCheckpointWriter({
    onDurable: async ({ path, rows, metadata }) => {
      const batchIdx = Number(metadata['checkpoint']);
      await manifest.updateShardCheckpoint(shard.shard, batchIdx, rows, checkpointName(batchIdx), claim);
      await report.checkpoint(batchIdx, rows, path, String(metadata['reason']));
    },
  });
  const buffer = new RowBuffer(model.source.dim);
  let next = found.length;
  let savedBatch = cursor.nextBatch;
  const save = async (endBatch: number, reason: string) => {
    const [first] = index.batchRange(savedBatch);
    const [, end] = index.batchRange(endBatch - 1);
    const facts = checkpointFacts(run, shard.shard, [savedBatch, endBatch], [first, end]);
    const rows = { data: buffer.view(), shape: [buffer.rows, buffer.dim] as const };
    await writer.writeCheckpointAsync(join(folder, checkpointName(next)), rows, await index.ids(first, end), {
      ...facts,
      checkpoint: next,
      reason,
    });
    next++;
    savedBatch = endBatch;
    buffer.clear();
    trigger.reset();
  };

  /** A batch that fails costs only itself: the rows before it are saved first. */
  const checked = async (result: Promise<Float32Array>, batch: number, first: number, end: number) => {
    try {
      const rows = await result;
      const faults = nonFiniteRows(rows, buffer.dim);
      if (faults.length === 0) return rows;
      const ids = await index.ids(first, end);
      // A batch lies within one window.
      const window = await index.windowAt(first);
      const ordinalAt = (row: number) => window.order[first - window.first + row]!;
      throw new NonFiniteRowsError(
        model.source.name,
        batch,
        faults.map(({ row, ...fault }) => ({ ordinal: ordinalAt(row), id: ids[row]!, ...fault })),
      );
    } catch (error) {
      if (buffer.rows > 0) await save(batch, 'failed').catch(() => undefined);
      throw error;
    }
  };

  function* batchesFrom(batch: number) {
    for (let each = batch; each < shard.endBatch && !work.stopping(); each++) yield each;
  }

  trigger.reset();
  let batch = savedBatch;
  try {
    const residues = (each: number) => index.residues(...index.batchRange(each));
    for await (const { result } of ahead(batchesFrom(batch), residues, (read) => model.embed(read))) {
      const [first, end] = index.batchRange(batch);
      report.batch(batch);
      buffer.append(await checked(result, batch, first, end));
      await report.progress(end - first);
      const size = end - first;
      const [due, reason] = trigger.shouldCheckpoint(
        size,
        size * buffer.dim * Float32Array.BYTES_PER_ELEMENT,
      );
      batch++;
      if (due) await save(batch, reason);
    }
    if (buffer.rows > 0) await save(batch, batch < shard.endBatch ? 'stopped' : 'shard_end');
  } catch (error) {
    // Accepted checkpoints last before the process may end; a write that fails as well must not hide the reason.
    await writer.waitAll().catch(() => undefined);
    throw error;
  }
  await writer.shutdown();
  if (batch < shard.endBatch) return false;
  await manifest.markShardComplete(shard.shard, claim);
  return true;
}
