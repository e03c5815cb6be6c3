/** Totals over all shards. */
export interface GlobalProgress {
  total_shards: number;
  completed: number;
  in_progress: number;
  failed: number;
  /** Sequences in recorded checkpoints. */
  total_sequences: number;
  total_checkpoints: number;
}
