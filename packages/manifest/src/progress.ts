import type { ManifestState } from './schema.js';

/** All shards taken together. */
export interface GlobalProgress {
  total_shards: number;
  completed: number;
  in_progress: number;
  failed: number;
  /** Sequences in recorded checkpoints. */
  total_sequences: number;
  total_checkpoints: number;
}

/** Counts a state's shards, sequences and checkpoints. */
export function globalProgress({ shards }: ManifestState): GlobalProgress {
  const all = Object.values(shards);
  const having = (status: string) => all.filter((shard) => shard.status === status).length;
  return {
    total_shards: all.length,
    completed: having('complete'),
    in_progress: having('in_progress'),
    failed: having('failed'),
    total_sequences: all.reduce((sum, shard) => sum + shard.total_sequences, 0),
    total_checkpoints: all.reduce((sum, shard) => sum + shard.checkpoints.length, 0),
  };
}
