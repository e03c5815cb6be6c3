import { CPU, formatDevice, type ModelSource } from '@holdfast/gpu-runtime';
import { paddingOf, type SequenceIndex, type Shard } from '@holdfast/plan';
import { type RunRecord, type SavedState, standing } from '@holdfast/run-folder';
import type { PlanFigures } from '../events/plan-figures.js';
import type { UsedDevice } from './devices.js';

export interface Plan {
  model: ModelSource;
  index: SequenceIndex;
  record: RunRecord;
  shards: readonly Shard[];
  /** What is done. */
  state: SavedState;
  /** Null if nothing is left to embed. */
  used: UsedDevice | null;
}

/** The figures of a plan, as the event `planned` has them, and as `--dry-run` shows them. */
export function plannedFacts({ model, index, record, shards, state, used }: Plan): PlanFigures {
  const { sequences, residues, batches } = index.summary;
  return {
    sequences_done: standing(shards, state).reduce((sum, done) => sum + done, 0),
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
