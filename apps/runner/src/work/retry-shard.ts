import { hostname } from 'node:os';
import { join } from 'node:path';
import { AsyncCheckpointWriter, checkpointName, setAside } from '@holdfast/checkpoint';
import { type Isolation, startIsolation } from '@holdfast/coordinator';
import type { Shard } from '@holdfast/plan';
import {
  evictClaims,
  findCheckpoints,
  isDue,
  outputsOf,
  type Quarantined,
  type Reattempt,
  retriedFacts,
  ShardCursor,
} from '@holdfast/run-folder';
import { BatchEmbedder } from './batch-embedder.js';
import { identifyRow } from './identify-row.js';
import { ValueBuffer } from './value-buffer.js';
import { type ShardWork, untilThereIsRoom } from './work-shard.js';

/**
 * Reattempts quarantined sequences of a complete shard, each alone. For each batch it appends a checkpoint to the shard, with
 * the rows of those that succeed and the failures that turned into refusals.
 *
 * @returns whether all were attempted; false if it was stopped.
 */
export async function retryShard(work: ShardWork, retry: Reattempt): Promise<boolean> {
  const { shard, folder, run, index, model, manifest, report } = work;
  const cursor = new ShardCursor(shard, run, model.source.dim, index, outputsOf(model.source));
  const { found, fault } = await findCheckpoints(folder, {
    async accept(checkpoint) {
      await report.reading();
      return cursor.accept(checkpoint);
    },
  });
  // The shard is damaged. Joining the result will find that and repair it.
  if (!cursor.done) return true;
  const claim = await manifest.claimShard(shard.shard, `process ${process.pid} on ${hostname()}`, {
    // As in workShard: this fences a predecessor that was believed dead.
    steal: true,
  });
  await evictClaims(folder);
  // A killed reattempt may have left half a checkpoint where the next one goes.
  const aside = await setAside(folder, found.length);
  await manifest.reconcileShard(shard.shard, found, claim);
  // It stays complete, whatever happens now; the claim still fences.
  await manifest.markShardComplete(shard.shard, claim);
  const saved = found.reduce((sum, { numSequences }) => sum + numSequences, cursor.quarantined.length);
  await report.resumed({
    sequences: saved,
    quarantined: 0,
    nextBatch: cursor.nextBatch,
    fault,
    aside,
  });

  const writer = new AsyncCheckpointWriter({
    ...(work.thread && { thread: work.thread }),
    ...untilThereIsRoom(work.room),
    storage: model.source.dtype ?? 'float32',
    onDurable: async ({ path, rows, metadata }) => {
      work.room?.done(path);
      const checkpoint = Number(metadata['checkpoint']);
      await manifest.updateShardCheckpoint(shard.shard, checkpoint, rows, checkpointName(checkpoint), claim);
      const reason = String(metadata['reason']);
      // The next worker must still see this batch's other findings.
      await report.checkpoint({ checkpoint, sequences: rows, file: path, reason, endBatch: at });
    },
  });
  const due = cursor.quarantined.filter((each) => isDue(each, retry));
  let next = found.length;
  /** The batch whose sequences are being reattempted. */
  let at = shard.firstBatch;
  for (const [batch, entries] of byBatch(due, shard, index.batchRange.bind(index))) {
    const before = work.isolation;
    // A worker that died since has attempted this batch.
    if (before !== undefined && batch < before.batchIdx) continue;
    const [first, end] = index.batchRange(batch);
    const rows = entries.map(({ position }) => position - first);
    const isolation = before?.batchIdx === batch ? before : begin(batch, rows, entries);
    const embedder = new BatchEmbedder({
      ...work,
      isolation,
      identify: identifyRow(index),
      onCall: report.calling,
      onControl: report.control,
      onReturn: report.returned,
      onProgress: report.computed,
      onPoisoned: async () => undefined,
    });
    at = batch;
    report.batch(batch);
    const embedded = await embedder.embed(batch, await index.residues(first, end), new Set(rows));
    if (embedded === null) return stop(writer);
    const refused = embedded.poisoned.flatMap(({ row, kind, attempts, error }) => {
      const entry = entries.find(({ position }) => position === first + row);
      const isNew = kind === 'poison_input' && entry !== undefined && isDue(entry, 'set_aside');
      return isNew ? [{ position: first + row, kind, attempts: entry.attempts + attempts, error }] : [];
    });
    if (embedded.at.length + refused.length === 0) continue;
    const positions = embedded.at.map((row) => first + row);
    const ids = await Promise.all(
      positions.map(async (position) => (await index.ids(position, position + 1))[0]!),
    );
    const values = new ValueBuffer(model.source.recipe.more ?? {});
    values.append(embedded.values ?? []);
    const matrix = {
      data: embedded.rows,
      shape: [positions.length, model.source.dim] as const,
      values: values.view(),
    };
    await writer.writeCheckpointAsync(join(folder, checkpointName(next)), matrix, ids, {
      ...retriedFacts(run, shard, positions, { refused, truncated: embedded.truncated }),
      checkpoint: next,
      reason: 'retried',
    });
    next++;
    await writer.waitAll();
  }
  await writer.shutdown();
  return true;
}

async function stop(writer: AsyncCheckpointWriter): Promise<false> {
  await writer.shutdown();
  return false;
}

/** Each of these rows alone, once. If one hung before, a control precedes each. */
function begin(batch: number, rows: readonly number[], entries: readonly Quarantined[]): Isolation {
  const isolation = startIsolation(batch, 0, { alone: [...rows] });
  return entries.some(({ kind }) => kind === 'hang') ? { ...isolation, hangs: true } : isolation;
}

/** Groups a shard's entries by batch, in order; only batches with entries. */
function byBatch(
  entries: readonly Quarantined[],
  { firstBatch, endBatch }: Shard,
  rangeOf: (batch: number) => [number, number],
): Map<number, Quarantined[]> {
  const found = new Map<number, Quarantined[]>();
  let at = 0;
  for (let batch = firstBatch; batch < endBatch && at < entries.length; batch++) {
    const [, end] = rangeOf(batch);
    const begin = at;
    while (at < entries.length && entries[at]!.position < end) at++;
    if (at > begin) found.set(batch, entries.slice(begin, at));
  }
  return found;
}
