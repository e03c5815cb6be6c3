import type { ShardCursor } from '@holdfast/run-folder';

/** A sequence without a row, as a checkpoint lists it. */
export type Quarantined = ShardCursor['quarantined'][number];
