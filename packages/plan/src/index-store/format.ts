import * as z from '@holdfast/schema';
import { letterCountsSchema } from '../letters/letter-counts.js';

/** Format 2 has a position for each sequence. Format 3 has one for each distinct sequence. */
export const INDEX_FORMATS = [2, 3] as const;
export type IndexFormat = (typeof INDEX_FORMATS)[number];

/**
 * Names of an index's files. Their numbers are little-endian. A sequence's ordinal is its place in the input;
 * its position is its place in the plan, where each bucket is sorted by length. Both count from 0. In format 3, a
 * copy, a sequence with the residues of an earlier one, has no position.
 */
export const FILES = {
  /** All residues, upper case, back to back. */
  residues: 'residues.bin',
  /** u64 × (sequences + 1): where each sequence begins in `residues.bin`, then the file's length. */
  residueOffsets: 'residue-offsets.bin',
  /** All IDs in UTF-8, each followed by a line feed. */
  ids: 'ids.txt',
  /** u64 × (sequences + 1): where each ID begins in `ids.txt`, then the file's length. */
  idOffsets: 'id-offsets.bin',
  /**
   * u32 × (buckets + 1): first ordinal of each bucket; then the number of sequences. In format 2, a bucket's first
   * ordinal is also its first position.
   */
  windows: 'windows.bin',
  /** u32 × positions: the ordinal at each position. A bucket's positions have the bucket's ordinals. */
  order: 'order.bin',
  /** u32 × (batches + 1): first position of each batch, in one bucket each; then the number of positions. */
  batches: 'batches.bin',
  /** Format 3. u32 × sequences: the ordinal of the first sequence with the same residues. */
  originals: 'originals.bin',
  /** Format 3. u32 × (buckets + 1): first position of each bucket; then the number of positions. */
  starts: 'starts.bin',
  /** u32 CRC-32 for each 64 KiB of each file above, file by file. Every read during a run is checked. */
  blocks: 'blocks.bin',
  /** Records without a row, as a table; absent if there are none. In earlier versions without those that gave no frame. */
  skipped: 'skipped.tsv',
  /**
   * What each sequence's header says beside the ID, escaped as in `tableText`: a line each, in input order. A tab alone: the same as
   * the line before, which is of the same record. Absent in indexes of earlier versions.
   */
  descriptions: 'descriptions.txt',
  /** {@link IndexSummary} as JSON; written last, so an index that has it is complete. */
  summary: 'summary.json',
} as const;

const ALWAYS = ['residues', 'residueOffsets', 'ids', 'idOffsets', 'windows', 'order', 'batches'] as const;

/** The files whose blocks have checksums, in the order of `blocks.bin`. */
export const SUMMED = { 2: ALWAYS, 3: [...ALWAYS, 'originals', 'starts'] } as const;

const count = z.number().int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const schema = z.object({
  /** Version of the format. Version 1 had no buckets and positions: it cut batches in input order. */
  format: z.literal(INDEX_FORMATS),
  sequences: count,
  /** Format 3. Sequences with the residues of an earlier one, which are not computed again. */
  copies: count.exactOptional(),
  /** Residues of all sequences together. */
  residues: count,
  windows: count,
  batches: count,
  /** Tokens of all sequences that are computed, as planned: an upper bound. */
  tokens: count,
  /** Tokens of all batches together, padding included: the sum of count × longest. */
  padded_tokens: count,
  /** The `batchTokens` that the batches were cut by. */
  batch_tokens: z.number().positive(),
  /** Sequences with more residues than the model reads. */
  truncated: count,
  /** SHA-256 of each of the other files. */
  files: z.object({
    residues: sha256,
    residueOffsets: sha256,
    ids: sha256,
    idOffsets: sha256,
    windows: sha256,
    order: sha256,
    batches: sha256,
    originals: sha256.exactOptional(),
    starts: sha256.exactOptional(),
    /** Absent in earlier versions, whose indexes a run builds again. */
    blocks: sha256.exactOptional(),
    /** Absent if every record has a row. */
    skipped: sha256.exactOptional(),
    /** Absent in earlier versions. */
    descriptions: sha256.exactOptional(),
  }),
  /** The run of the index, as its run record describes it; absent in tests. */
  run: z.looseObject({ fingerprint: sha256 }).exactOptional(),
  /** Counts of the translated records, if any; the sequences are then the rows of their frames. */
  translation: z
    .object({
      frames: z.enum(['open', 'all', 'orfs']),
      records: count,
      without_row: count,
      /** Those of them without any frame; earlier versions did not count them. */
      too_short: count.exactOptional(),
      /** Those of them that are longer than a read; absent if none is, and in indexes of earlier versions. */
      long_without_row: count.exactOptional(),
      first_without_row: z.array(z.string()),
      /** Removed letters; absent if there are none, and in indexes of earlier versions. */
      gaps: z.object({ letters: count, records: count, first: z.array(z.string()) }).exactOptional(),
    })
    .exactOptional(),
  /** Letters that the model does not read as written; absent in indexes of earlier versions. */
  letters: letterCountsSchema.exactOptional(),
  /** Records in `skipped.tsv`, and how many of them have each code; absent if there are none. */
  skipped: z.object({ records: count, faults: z.record(z.string(), count) }).exactOptional(),
  /** Sequences that got a suffix because an earlier one has their ID; absent if there are none. */
  renamed: z.object({ sequences: count, first: z.array(z.string()) }).exactOptional(),
  /** What was read as something else than it stands in the inputs; absent if nothing was. */
  notes: z
    .object({ comments: count, byte_order_marks: count, cr_line_ends: count, fastq_records: count })
    .exactOptional(),
  /** Sequences of each input, in order; absent in earlier versions. */
  input_sequences: z.array(count).exactOptional(),
  /** Length of `descriptions.txt`; absent in earlier versions. */
  description_bytes: count.exactOptional(),
  /** Raw bytes of each input as read, in order. */
  inputs: z.array(z.object({ path: z.string(), bytes: count, sha256 })),
});

/** Without these first ones, a format 3 could not be told from a format 2 with a wrong number. */
export const summarySchema = schema.refine(
  ({ format, copies, files, input_sequences, description_bytes }) =>
    [copies, files.originals, files.starts].every((each) => (each !== undefined) === (format === 3)) &&
    [input_sequences, description_bytes].every(
      (each) => (each !== undefined) === (files.descriptions !== undefined),
    ),
  { message: 'its fields are not those of its format' },
);

/** The content of an index, and its inputs. */
export type IndexSummary = z.infer<typeof schema>;
