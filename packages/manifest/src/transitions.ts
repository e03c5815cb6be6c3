import { ManifestUpdateError } from './errors.js';
import type { CheckpointEntry, ManifestState, ShardState } from './schema.js';

/** One checkpoint as a worker reports it. */
export interface RecordedCheckpoint {
  batchIdx: number;
  numSequences: number;
  /** File name within the shard's folder. */
  file: string;
}

/** What can happen to a manifest. */
export type ManifestEvent =
  | ({ type: 'checkpoint'; rank: number } & RecordedCheckpoint)
  | { type: 'reconciled'; rank: number; checkpoints: readonly RecordedCheckpoint[] }
  | { type: 'complete' | 'in_progress'; rank: number }
  | { type: 'failed'; rank: number; error: string }
  | { type: 'redistributed'; failedRank: number; newRank: number };

/** The state of a run before anything happened. @param at the time, ISO 8601. */
export function initialState(worldSize: number, at: string): ManifestState {
  const shards: ManifestState['shards'] = {};
  for (let rank = 0; rank < worldSize; rank++) shards[rank] = emptyShard();
  return {
    version: '1.0',
    world_size: worldSize,
    created_at: at,
    updated_at: at,
    shards,
    redistributions: [],
  };
}

/**
 * The state after an event; the one given stays as it is. The same event twice changes nothing the second time, but for
 * the times.
 *
 * @throws ManifestUpdateError for a shard that is not in the manifest or a file name that leaves the shard's folder.
 */
export function apply(state: ManifestState, event: ManifestEvent, at: string): ManifestState {
  const next = { ...state, updated_at: at };
  if (event.type === 'redistributed') {
    shardOf(state, event.failedRank);
    shardOf(state, event.newRank);
    const entry = { failed_rank: event.failedRank, new_rank: event.newRank, recorded_at: at };
    return { ...next, redistributions: [...state.redistributions, entry] };
  }
  const shard = applyToShard(shardOf(state, event.rank), event, at);
  return { ...next, shards: { ...state.shards, [event.rank]: shard } };
}

function applyToShard(
  shard: ShardState,
  event: Exclude<ManifestEvent, { type: 'redistributed' }>,
  at: string,
): ShardState {
  switch (event.type) {
    case 'checkpoint': {
      const others = shard.checkpoints.filter(({ batch_idx }) => batch_idx !== event.batchIdx);
      return withCheckpoints(shard, [...others, entryOf(event, at)]);
    }
    case 'reconciled': {
      const known = new Map(shard.checkpoints.map((entry) => [entry.batch_idx, entry]));
      return withCheckpoints(
        shard,
        event.checkpoints.map((found) => {
          const entry = known.get(found.batchIdx);
          return entry?.file === found.file && entry.num_sequences === found.numSequences
            ? entry
            : entryOf(found, at);
        }),
      );
    }
    case 'complete':
      return { ...shard, status: 'complete', completed_at: at, error: null };
    case 'in_progress':
      return { ...shard, status: 'in_progress', completed_at: null, error: null };
    case 'failed':
      return { ...shard, status: 'failed', completed_at: null, error: event.error };
  }
}

function withCheckpoints(shard: ShardState, unsorted: CheckpointEntry[]): ShardState {
  const checkpoints = unsorted.sort((a, b) => a.batch_idx - b.batch_idx);
  return {
    ...shard,
    checkpoints,
    last_checkpoint_batch: checkpoints.at(-1)?.batch_idx ?? -1,
    total_sequences: checkpoints.reduce((sum, { num_sequences }) => sum + num_sequences, 0),
  };
}

function entryOf({ batchIdx, numSequences, file }: RecordedCheckpoint, at: string): CheckpointEntry {
  if (file === '' || file === '.' || file === '..' || /[/\\\0]/.test(file)) {
    throw new ManifestUpdateError(
      `checkpoint file ${JSON.stringify(file)} is no plain name within the shard's folder`,
    );
  }
  return { batch_idx: batchIdx, num_sequences: numSequences, file, recorded_at: at };
}

function shardOf(state: ManifestState, rank: number): ShardState {
  const shard = state.shards[rank];
  if (shard === undefined)
    throw new ManifestUpdateError(`shard ${rank} is not among the ${state.world_size} of this run`);
  return shard;
}

function emptyShard(): ShardState {
  return {
    status: 'in_progress',
    last_checkpoint_batch: -1,
    total_sequences: 0,
    checkpoints: [],
    completed_at: null,
    error: null,
  };
}
