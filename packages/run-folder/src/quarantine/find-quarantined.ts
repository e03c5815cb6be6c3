import type { SequenceIndex, Shard } from '@holdfast/plan';
import type { Layout } from '../layout.js';
import type { RunOutputs } from '../outputs/run-outputs.js';
import { completeShard } from '../shard/complete-shard.js';
import { ShardCursor } from '../shard/shard-plan.js';
import type { Quarantined } from './quarantined.js';
import type { QuarantinedSequence } from './table.js';

/** What is quarantined, by position. */
export interface FoundQuarantined {
  quarantined: QuarantinedSequence[];
  /** Their copies, which have no row either, with the entries of the sequences that they are copies of. */
  copies: QuarantinedSequence[];
  /** Shards with rows of reattempted sequences. */
  retried: ReadonlySet<number>;
}

/**
 * Lists the quarantined sequences in the checkpoints of complete shards, by position. Reads no rows and checks no checksums;
 * reading the rows does that.
 *
 * @param dim numbers per row. @throws ShardIncompleteError if a shard must be repaired; the signal's reason.
 */
export async function findQuarantined(
  shards: readonly Shard[],
  {
    place,
    run,
    index,
    dim,
    outputs,
    signal,
  }: {
    place: Layout;
    run: string;
    index: SequenceIndex;
    dim: number;
    outputs: RunOutputs | undefined;
    signal: AbortSignal;
  },
): Promise<FoundQuarantined> {
  const all: Quarantined[] = [];
  const retried = new Set<number>();
  for (const shard of shards) {
    const cursor = new ShardCursor(shard, run, dim, index, outputs);
    for await (const _ of completeShard(place.shard(shard.shard), cursor, 'length')) signal.throwIfAborted();
    if (cursor.retried) retried.add(shard.shard);
    all.push(...cursor.quarantined);
  }
  return { ...(await namedQuarantined(all, index)), retried };
}

/** Quarantined sequences with their IDs and their places in the input, and their copies. */
export async function namedQuarantined(
  all: readonly Quarantined[],
  index: SequenceIndex,
): Promise<Pick<FoundQuarantined, 'quarantined' | 'copies'>> {
  const quarantined: QuarantinedSequence[] = [];
  for (const each of all) {
    const { position } = each;
    const [id] = await index.ids(position, position + 1);
    quarantined.push({ ...each, ordinal: await index.ordinalAt(position), id: id! });
  }
  return { quarantined, copies: await copiesOf(quarantined, index) };
}

/** The copies of quarantined sequences, in input order. */
async function copiesOf(
  quarantined: readonly QuarantinedSequence[],
  index: SequenceIndex,
): Promise<QuarantinedSequence[]> {
  if (quarantined.length === 0) return [];
  const entries = new Map(quarantined.map((each) => [each.ordinal, each]));
  const copies: QuarantinedSequence[] = [];
  const ordinals: number[] = [];
  await index.eachCopy((ordinal, original) => {
    const entry = entries.get(original);
    if (entry === undefined) return;
    copies.push({ ...entry, ordinal });
    ordinals.push(ordinal);
  });
  const ids = await index.idsOf(ordinals);
  return copies.map((each, at) => ({ ...each, id: ids[at]! }));
}
