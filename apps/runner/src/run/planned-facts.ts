import { CPU, formatDevice, type ModelSource } from '@holdfast/gpu-runtime';
import { paddingOf, type SequenceIndex, type Shard } from '@holdfast/plan';
import type { RunRecord } from '@holdfast/run-folder';
import type { PlanFigures } from '../events/plan-figures.js';

export interface Plan {
  model: ModelSource;
  index: SequenceIndex;
  record: RunRecord;
  shards: readonly Shard[];
  /** Sequences of each shard that are saved. */
  done: readonly number[];
  /** Null if nothing is left to embed. */
  used: { record: Pick<RunRecord, 'device'>; share: { workers: number } } | null;
}

/** The figures of a plan, as the event `planned` has them, and as `--dry-run` shows them. */
export function plannedFacts({ model, index, record, shards, done, used }: Plan): PlanFigures {
  const { sequences, residues, batches } = index.summary;
  return {
    sequences_done: done.reduce((sum, each) => sum + each, 0),
    sequences,
    copies: sequences - index.positions,
    residues,
    batches,
    ...paddingOf(model, index.summary),
    shards: shards.length,
    workers: used?.share.workers ?? 0,
    device: used?.record.device ?? record.device ?? formatDevice(CPU),
  };
}
