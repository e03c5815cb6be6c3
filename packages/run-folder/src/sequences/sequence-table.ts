import { tableText } from '@holdfast/fasta';
import type { SequenceIndex, Shard } from '@holdfast/plan';
import { Lines } from './lines.js';

/** The columns of `sequences.tsv`. All follow from the run, and none from when a checkpoint was due. */
export const SEQUENCE_COLUMNS = [
  'ordinal',
  'id',
  'description',
  'file',
  'length',
  'tokens',
  'truncated',
  'duplicate_of',
  'quarantined',
  'row',
  'shard',
  'batch',
] as const;

/** Columns that follow from a sequence's length and the model alone. */
export interface ModelColumns {
  /** Null if the length does not say. */
  tokens: number | null;
  /** Whether the model reads less than all of it; null if the length does not say. */
  truncated: boolean | null;
}

/** What the table is made from. */
export interface SequenceTable {
  index: SequenceIndex;
  /** The run's inputs, as they were given. */
  inputs: readonly string[];
  /** Ordinals without a row, copies included. */
  missing: ReadonlySet<number>;
  shards: readonly Shard[];
  ofLength(residues: number): ModelColumns;
}

/** About this many characters make a part. */
const PART = 1 << 18;
const TAB = '\t';
/** A description that is the same as the one before. */
const SAME = TAB;

/**
 * `sequences.tsv`: a header, then a line for each sequence of the input, in input order, whether it has a row or not. Flat memory:
 * one bucket, and four bytes a sequence if there are copies.
 *
 * @throws IndexError if the index is damaged or has no descriptions.
 */
export async function* sequenceTable(table: SequenceTable): AsyncGenerator<Uint8Array> {
  const { index, shards, missing, ofLength } = table;
  if (!index.described) throw new RangeError('the index has no descriptions');
  const ids = new Lines(index.idFile());
  const descriptions = new Lines(index.descriptionFile());
  const files = fileNames(table);
  const shardOf = shardOfBatch(index, shards);
  /** The batch of each sequence, for its copies. */
  const kept = index.summary.copies ? new Uint32Array(index.sequences) : null;
  let text = `${SEQUENCE_COLUMNS.join(TAB)}\n`;
  let description = '';
  let row = 0;
  try {
    for (let bucket = 0; bucket < index.buckets; bucket++) {
      const { first, end, start, order, originals } = await index.bucket(bucket);
      const lengths = await index.lengths(bucket);
      const here = kept === null ? new Uint32Array(end - first) : kept.subarray(first, end);
      let batch = order.length > 0 ? index.batchAt(start) : 0;
      for (const [at, ordinal] of order.entries()) {
        while (start + at >= index.batchRange(batch)[1]) batch++;
        here[ordinal - first] = batch;
      }
      for (let ordinal = first; ordinal < end; ordinal++) {
        const id = ids.next() ?? (await ids.more());
        const own = descriptions.next() ?? (await descriptions.more());
        if (own !== SAME) description = own ?? '';
        const original = originals?.[ordinal - first] ?? ordinal;
        const computed = original === ordinal ? here[ordinal - first]! : kept![original]!;
        const length = lengths[ordinal - first]!;
        const { tokens, truncated } = ofLength(length);
        const left = missing.size > 0 && missing.has(ordinal);
        text += `${ordinal}\t${id}\t${description}\t${files(ordinal)}\t${length}\t${tokens ?? ''}\t${
          truncated === null ? '' : yesNo(truncated)
        }\t${original === ordinal ? '' : original}\t${yesNo(left)}\t${left ? '' : row++}\t${
          shardOf[computed]
        }\t${computed}\n`;
        if (text.length < PART) continue;
        yield Buffer.from(text, 'latin1');
        text = '';
      }
    }
    // What comes after the last description counts: there the file is compared with its checksum.
    if ((await descriptions.more()) !== null)
      throw new RangeError('there are more descriptions than sequences');
    if (text !== '') yield Buffer.from(text, 'latin1');
  } finally {
    await ids.close();
    await descriptions.close();
  }
}

/** The shard of each batch. */
function shardOfBatch({ batches }: SequenceIndex, shards: readonly Shard[]): Uint32Array {
  const found = new Uint32Array(batches);
  for (const { shard, firstBatch, endBatch } of shards) found.fill(shard, firstBatch, endBatch);
  return found;
}

const yesNo = (value: boolean) => (value ? 'yes' : 'no');

/** The input of a sequence, as a field of the table. Ordinals must ascend. */
function fileNames({ index, inputs }: SequenceTable): (ordinal: number) => string {
  const counts = index.summary.input_sequences ?? [];
  const names = inputs.map((path) => Buffer.from(tableText(Buffer.from(path))).toString('latin1'));
  let input = 0;
  let end = counts[0] ?? 0;
  return (ordinal) => {
    while (ordinal >= end && input + 1 < counts.length) end += counts[++input]!;
    return names[input]!;
  };
}
