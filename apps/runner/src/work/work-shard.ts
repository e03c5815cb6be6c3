import { hostname } from 'node:os';
import { join } from 'node:path';
import { debuglog } from 'node:util';
import { AsyncCheckpointWriter, checkpointName, setAside, type WriterThread } from '@holdfast/checkpoint';
import type { BudgetShare, Isolation, QuarantinedSequence } from '@holdfast/coordinator';
import type { EmbeddingModel } from '@holdfast/gpu-runtime';
import type { CheckpointManifest } from '@holdfast/manifest';
import type { SequenceIndex, Shard } from '@holdfast/plan';
import {
  checkpointFacts,
  errorLine,
  findCheckpoints,
  isSetAside,
  type Quarantined,
  ShardCursor,
} from '@holdfast/run-folder';
import type { CheckpointTrigger } from '@holdfast/trigger';
import { BatchEmbedder } from './batch-embedder.js';
import { RowBuffer } from './row-buffer.js';

const debug = debuglog('holdfast:worker');

export interface ShardWork {
  shard: Shard;
  folder: string;
  run: string;
  /** What the run's record says beside the inputs; each checkpoint keeps it. */
  record?: string;
  index: SequenceIndex;
  model: EmbeddingModel;
  /** Tokens that the run's batches were planned with. */
  batchTokens: number;
  /** How much of them a model call may have. Absent: all. */
  budget?: BudgetShare | undefined;
  /** The batch in which sequences at fault are searched for, and how far that has come. */
  isolation?: Isolation | undefined;
  /** Whether the model can still be used after a call that failed. */
  survivesFailures: boolean;
  trigger: CheckpointTrigger<string>;
  manifest: Pick<
    CheckpointManifest,
    'claimShard' | 'reconcileShard' | 'updateShardCheckpoint' | 'markShardComplete'
  >;
  /** Writes the checkpoints; absent: one of its own, for which a shard's end waits longer. */
  thread?: WriterThread;
  /** Asked between batches: whether to save what is there and leave. */
  stopping(): boolean;
  report: ShardReport;
}

/** What is told of a shard while it is worked on. */
export interface ShardReport {
  /** One more checkpoint was read. */
  reading(): Promise<void>;
  resumed(state: ResumedShard): Promise<void>;
  /** A batch was embedded, or found at fault: so many sequences. `nextBatch` is about to be. */
  progress(sequences: number, nextBatch: number): Promise<void>;
  /** A batch is about to be embedded, for blame if it fails. */
  batch(index: number): void;
  /** A part of a batch is about to be. */
  calling(batch: number, rows: readonly number[], isolation: Isolation | undefined): Promise<void>;
  /** Plain residues as long as these rows are about to be: the control of a sequence that hung. */
  control(batch: number, rows: readonly number[], isolation: Isolation): Promise<void>;
  /** That part, or that control, has come back, well or not. */
  returned(): Promise<void>;
  /** The model's graph has run once more. */
  computed(): Promise<void>;
  quarantined(sequence: QuarantinedSequence): Promise<void>;
  checkpoint(saved: SavedCheckpoint): Promise<void>;
}

/** Where a shard stands before it is worked on. */
export interface ResumedShard {
  /** In valid checkpoints; those that are quarantined among them. */
  sequences: number;
  /** Those that the model refused. */
  quarantined: number;
  nextBatch: number;
  /** Why files had to be moved aside, and which. */
  fault: string | null;
  aside: readonly string[];
}

export interface SavedCheckpoint {
  /** The checkpoint's number. */
  checkpoint: number;
  /** Rows in it. */
  sequences: number;
  file: string;
  reason: string;
  /** The first batch that is in no checkpoint yet. */
  endBatch: number;
}

/**
 * One shard from wherever it stands to its end: resume → remaining → batches → embed → trigger → write → manifest.
 *
 * @returns whether the shard is complete; false when it was stopped, with all embedded rows saved.
 */
export async function workShard(work: ShardWork): Promise<boolean> {
  const { shard, folder, run, index, model, trigger, manifest, report } = work;

  // The coordinator, which is the only one, gave it to this worker: a predecessor that was believed dead is fenced from here on.
  const claim = await manifest.claimShard(shard.shard, `process ${process.pid} on ${hostname()}`, {
    steal: true,
  });
  const cursor = new ShardCursor(shard, run, model.source.dim, index);
  const { found, fault } = await findCheckpoints(folder, {
    async accept(checkpoint) {
      await report.reading();
      return cursor.accept(checkpoint);
    },
  });
  const aside = await setAside(folder, found.length);
  debug(
    'shard %d: %d checkpoint(s) taken, next batch %d; %s',
    shard.shard,
    found.length,
    cursor.nextBatch,
    fault,
  );
  await manifest.reconcileShard(shard.shard, found, claim);
  // What earlier workers only set aside does not count as refused.
  const quarantined = cursor.quarantined.filter((each) => !isSetAside(each)).length;
  const sequences = found.reduce((sum, { numSequences }) => sum + numSequences, cursor.quarantined.length);
  await report.resumed({ sequences, quarantined, nextBatch: cursor.nextBatch, fault, aside });

  const writer = new AsyncCheckpointWriter({
    ...(work.thread && { thread: work.thread }),
    onDurable: async ({ path, rows, metadata }) => {
      const checkpoint = Number(metadata['checkpoint']);
      await manifest.updateShardCheckpoint(shard.shard, checkpoint, rows, checkpointName(checkpoint), claim);
      const endBatch = Number(metadata['end_batch']);
      const reason = String(metadata['reason']);
      await report.checkpoint({ checkpoint, sequences: rows, file: path, reason, endBatch });
    },
  });
  const buffer = new RowBuffer(model.source.dim);
  let pending: Quarantined[] = [];
  let next = found.length;
  let savedBatch = cursor.nextBatch;
  /** Sequences among the buffered rows of which tokens were left out. */
  let truncated = 0;
  const save = async (endBatch: number, reason: string) => {
    debug('shard %d: batches %d to %d are saved: %s', shard.shard, savedBatch, endBatch, reason);
    const [first] = index.batchRange(savedBatch);
    const [, end] = index.batchRange(endBatch - 1);
    const facts = checkpointFacts(run, shard.shard, [savedBatch, endBatch], [first, end], {
      quarantined: pending,
      truncated,
      record: work.record,
    });
    const rows = { data: buffer.view(), shape: [buffer.rows, buffer.dim] as const };
    const left = new Set(pending.map(({ position }) => position - first));
    const ids = (await index.ids(first, end)).filter((_, at) => !left.has(at));
    await writer.writeCheckpointAsync(join(folder, checkpointName(next)), rows, ids, {
      ...facts,
      checkpoint: next,
      reason,
    });
    next++;
    savedBatch = endBatch;
    pending = [];
    buffer.clear();
    truncated = 0;
    trigger.reset();
  };

  const identify = async (batch: number, row: number) => {
    const position = index.batchRange(batch)[0] + row;
    const { first, order } = await index.bucketAt(position);
    const [id] = await index.ids(position, position + 1);
    return { ordinal: order[position - first]!, id: id! };
  };
  const embedder = new BatchEmbedder({
    ...work,
    identify,
    onCall: report.calling,
    onControl: report.control,
    onReturn: report.returned,
    onProgress: report.computed,
    async onPoisoned(batch, { row, kind, attempts, error }) {
      await report.quarantined({
        ...(await identify(batch, row)),
        kind,
        attempts,
        error: errorLine(error),
      });
    },
  });

  /** Read, and its tokens on their way, before the batch before it is embedded. */
  const prepared = async (batch: number) => {
    const residues = await index.residues(...index.batchRange(batch));
    model.prepare?.(residues);
    return residues;
  };

  trigger.reset();
  let batch = savedBatch;
  try {
    let upcoming = batch < shard.endBatch ? await prepared(batch) : [];
    for (; batch < shard.endBatch && !work.stopping(); batch++) {
      const [first, end] = index.batchRange(batch);
      // A search may cost workers, and what is before it is not to be embedded again for each.
      if (embedder.isolates(batch) && batch > savedBatch) {
        await save(batch, 'before_search');
        await writer.waitAll();
      }
      report.batch(batch);
      const residues = upcoming;
      upcoming = batch + 1 < shard.endBatch ? await prepared(batch + 1) : [];
      const embedded = await embedder.embed(batch, residues).catch(async (error) => {
        // A batch that fails costs only itself: the rows before it are saved first.
        if (batch > savedBatch) await save(batch, 'failed').catch(() => undefined);
        throw error;
      });
      if (embedded === null) break;
      buffer.append(embedded.rows);
      truncated += embedded.truncated;
      for (const { row, kind, attempts, error } of embedded.poisoned)
        pending.push({ position: first + row, kind, attempts, error });
      await report.progress(end - first, batch + 1);
      const size = end - first;
      const [due, reason] = trigger.shouldCheckpoint(
        size,
        size * buffer.dim * Float32Array.BYTES_PER_ELEMENT,
      );
      // What a search cost is not to be lost.
      if (embedder.isolates(batch)) await save(batch + 1, 'isolated');
      else if (due) await save(batch + 1, reason);
    }
    if (batch > savedBatch) await save(batch, batch < shard.endBatch ? 'stopped' : 'shard_end');
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
