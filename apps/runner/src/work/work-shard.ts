import { hostname } from 'node:os';
import { join } from 'node:path';
import { debuglog } from 'node:util';
import {
  AsyncCheckpointWriter,
  checkpointName,
  setAside,
  type WriterOptions,
  type WriterThread,
} from '@holdfast/checkpoint';
import type { BudgetShare, Isolation, QuarantinedSequence } from '@holdfast/coordinator';
import { fencedFileSystem } from '@holdfast/durable';
import type { EmbeddingModel } from '@holdfast/gpu-runtime';
import type { CheckpointManifest } from '@holdfast/manifest';
import type { SequenceIndex, Shard } from '@holdfast/plan';
import {
  checkpointFacts,
  errorLine,
  evictClaims,
  findCheckpoints,
  isSetAside,
  leaveClaimFolder,
  outputsOf,
  type Quarantined,
  ShardCursor,
  takeClaimFolder,
} from '@holdfast/run-folder';
import type { CheckpointTrigger } from '@holdfast/trigger';
import type { RoomWait } from '../full-disk/room-wait.js';
import { BatchEmbedder } from './batch-embedder.js';
import { identifyRow } from './identify-row.js';
import { RowBuffer } from './row-buffer.js';
import { ValueBuffer } from './value-buffer.js';

const debug = debuglog('holdfast:worker');

export interface ShardWork {
  shard: Shard;
  folder: string;
  run: string;
  /** The run record without the inputs, which each checkpoint keeps. */
  record?: string;
  index: SequenceIndex;
  model: EmbeddingModel;
  /** The token budget of the run's batches. */
  batchTokens: number;
  /** How much of it a model call may use. Absent: all. */
  budget?: BudgetShare | undefined;
  /** The state of the isolation: the batch under search, and what is known. */
  isolation?: Isolation | undefined;
  /** Whether the model still works after a failed call. */
  survivesFailures: boolean;
  trigger: CheckpointTrigger<string>;
  manifest: Pick<
    CheckpointManifest,
    'claimShard' | 'heartbeat' | 'reconcileShard' | 'updateShardCheckpoint' | 'markShardComplete'
  >;
  /** The claim that a task made before it assigned the shard. Absent: the worker makes it. */
  claim?: { token: string };
  /** Writes the checkpoints. Absent: a thread per shard, which makes the end of a shard slower. */
  thread?: WriterThread;
  /** Has checkpoints wait while the disk is full. Absent: they fail. */
  room?: RoomWait;
  /** Checked between batches: whether to save and stop. */
  stopping(): boolean;
  report: ShardReport;
}

/** What a worker reports about its shard. */
export interface ShardReport {
  /** Another checkpoint was read. */
  reading(): Promise<void>;
  resumed(state: ResumedShard): Promise<void>;
  /** A batch with this many sequences was embedded or quarantined. `nextBatch` is next. */
  progress(sequences: number, nextBatch: number): Promise<void>;
  /** A batch is about to be embedded; it is to blame if the process fails. */
  batch(index: number): void;
  /** A part of a batch is about to be embedded. */
  calling(batch: number, rows: readonly number[], isolation: Isolation | undefined): Promise<void>;
  /** A control is about to be embedded: plain residues as long as these rows, one of which hung. */
  control(batch: number, rows: readonly number[], isolation: Isolation): Promise<void>;
  /** That part or control returned, embedded or not. */
  returned(): Promise<void>;
  /** The model's graph has run once more. */
  computed(): Promise<void>;
  quarantined(sequence: QuarantinedSequence): Promise<void>;
  checkpoint(saved: SavedCheckpoint): Promise<void>;
}

/** The state of a shard when a worker resumes it. */
export interface ResumedShard {
  /** Sequences in valid checkpoints, including quarantined ones. */
  sequences: number;
  /** Those that the model refused. */
  quarantined: number;
  nextBatch: number;
  /** Why files had to be set aside, and which. */
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
  /** The first batch that is not in a checkpoint yet. */
  endBatch: number;
}

/** What a checkpoint has beside its rows, about. */
const BESIDE_ROWS = 64 * 1024;

/** The writer's option by which checkpoints wait while the disk is full. */
export const untilThereIsRoom = (room: RoomWait | undefined): Pick<WriterOptions, 'retry'> =>
  room === undefined
    ? {}
    : { retry: ({ path, bytes, error }) => room.afterFailure(path, error, bytes + BESIDE_ROWS) };

/**
 * Completes one shard from its current state: resume → remaining → batches → embed → trigger → write → manifest.
 *
 * @returns whether the shard is complete; false if it was stopped, with all embedded rows saved.
 */
export async function workShard(work: ShardWork): Promise<boolean> {
  const { shard, folder, run, index, model, trigger, manifest, report } = work;

  const { claim, fence } = await ownShard(work);
  const fenced = fence === undefined ? {} : { fs: fencedFileSystem(fence) };
  const cursor = new ShardCursor(shard, run, model.source.dim, index, outputsOf(model.source));
  const { found, fault } = await findCheckpoints(folder, {
    async accept(checkpoint) {
      await report.reading();
      return cursor.accept(checkpoint);
    },
  });
  const aside = await setAside(folder, found.length, fenced);
  debug(
    'shard %d: %d valid checkpoint(s), next batch %d; %s',
    shard.shard,
    found.length,
    cursor.nextBatch,
    fault,
  );
  await manifest.reconcileShard(shard.shard, found, claim);
  // What earlier workers set aside does not count as refused.
  const quarantined = cursor.quarantined.filter((each) => !isSetAside(each)).length;
  const sequences = found.reduce((sum, { numSequences }) => sum + numSequences, cursor.quarantined.length);
  await report.resumed({ sequences, quarantined, nextBatch: cursor.nextBatch, fault, aside });

  const writer = new AsyncCheckpointWriter({
    ...(work.thread && { thread: work.thread }),
    ...untilThereIsRoom(work.room),
    ...(fence && { fence }),
    storage: model.source.dtype ?? 'float32',
    onDurable: async ({ path, rows, metadata }) => {
      work.room?.done(path);
      const checkpoint = Number(metadata['checkpoint']);
      await manifest.updateShardCheckpoint(shard.shard, checkpoint, rows, checkpointName(checkpoint), claim);
      const endBatch = Number(metadata['end_batch']);
      const reason = String(metadata['reason']);
      await report.checkpoint({ checkpoint, sequences: rows, file: path, reason, endBatch });
    },
  });
  const buffer = new RowBuffer(model.source.dim);
  const values = new ValueBuffer(model.source.recipe.more ?? {});
  let pending: Quarantined[] = [];
  let next = found.length;
  let savedBatch = cursor.nextBatch;
  /** Sequences among the buffered rows that lost tokens. */
  let truncated = 0;
  const save = async (endBatch: number, reason: string) => {
    debug('shard %d: saving batches [%d, %d): %s', shard.shard, savedBatch, endBatch, reason);
    const [first] = index.batchRange(savedBatch);
    const [, end] = index.batchRange(endBatch - 1);
    const facts = checkpointFacts(run, shard.shard, [savedBatch, endBatch], [first, end], {
      quarantined: pending,
      truncated,
      record: work.record,
    });
    const rows = {
      data: buffer.view(),
      shape: [buffer.rows, buffer.dim] as const,
      values: values.view(),
    };
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
    values.clear();
    truncated = 0;
    trigger.reset();
  };

  const identify = identifyRow(index);
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

  /** Reads a batch and starts tokenizing it while the previous batch is embedded. */
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
      // Save first: the isolation may kill workers, and earlier rows must not be recomputed.
      if (embedder.isolates(batch) && batch > savedBatch) {
        await save(batch, 'before_search');
        await writer.waitAll();
      }
      report.batch(batch);
      const residues = upcoming;
      upcoming = batch + 1 < shard.endBatch ? await prepared(batch + 1) : [];
      const embedded = await embedder.embed(batch, residues).catch(async (error) => {
        // Save the rows before it, so a failing batch costs only itself.
        if (batch > savedBatch) await save(batch, 'failed').catch(() => undefined);
        throw error;
      });
      if (embedded === null) break;
      buffer.append(embedded.rows);
      const before = values.numbers;
      values.append(embedded.values ?? []);
      truncated += embedded.truncated;
      for (const { row, kind, attempts, error } of embedded.poisoned)
        pending.push({ position: first + row, kind, attempts, error });
      await report.progress(end - first, batch + 1);
      const size = end - first;
      const [due, reason] = trigger.shouldCheckpoint(
        size,
        (size * buffer.dim + values.numbers - before) * Float32Array.BYTES_PER_ELEMENT,
      );
      // The outcome of an isolation was expensive: save it now.
      if (embedder.isolates(batch)) await save(batch + 1, 'isolated');
      else if (due) await save(batch + 1, reason);
    }
    if (batch > savedBatch) await save(batch, batch < shard.endBatch ? 'stopped' : 'shard_end');
  } catch (error) {
    // Accepted checkpoints must be durable before the process exits. A failing write must not hide the first error.
    await writer.waitAll().catch(() => undefined);
    throw error;
  }
  await writer.shutdown();
  if (batch === shard.endBatch) await manifest.markShardComplete(shard.shard, claim);
  if (fence !== undefined) await leaveClaimFolder(fence);
  return batch === shard.endBatch;
}

/** Makes sure that no earlier owner of the shard, dead or alive, changes anything in it from now on. */
async function ownShard({ shard: { shard }, folder, manifest, claim: given }: ShardWork) {
  if (given === undefined) {
    // The only coordinator assigned the shard to this worker. Stealing the claim fences a predecessor that was believed dead.
    const owner = `process ${process.pid} on ${hostname()}`;
    const claim = await manifest.claimShard(shard, owner, { steal: true });
    await evictClaims(folder);
    return { claim, fence: undefined };
  }
  const fence = await takeClaimFolder(folder, given.token, () => manifest.heartbeat(shard, given));
  return { claim: given, fence };
}
