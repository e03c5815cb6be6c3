import { z } from 'zod';

/** Names of an index's files. Numbers in them are little-endian. */
export const FILES = {
  /** All residues, upper case, back to back. */
  residues: 'residues.bin',
  /** u64 × (sequences + 1): where each sequence begins in `residues.bin`, and its length last. */
  residueOffsets: 'residue-offsets.bin',
  /** All IDs in UTF-8, each followed by a line feed. */
  ids: 'ids.txt',
  /** u64 × (sequences + 1): where each ID begins in `ids.txt`, and its length last. */
  idOffsets: 'id-offsets.bin',
  /** u32 × (batches + 1): first ordinal of each batch, and the number of sequences last. */
  batches: 'batches.bin',
  /** {@link IndexSummary} as JSON; written last, so that an index with it is whole. */
  summary: 'summary.json',
} as const;

const count = z.number().int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const summarySchema = z.object({
  /** Version of the format. */
  format: z.literal(1),
  sequences: count,
  /** Residues of all sequences together. */
  residues: count,
  batches: count,
  /** The `batchTokens` that the batches were cut with. */
  batch_tokens: z.number().positive(),
  /** Sequences that have more residues than the model reads. */
  truncated: count,
  /** SHA-256 of each of the other files. */
  files: z.object({
    residues: sha256,
    residueOffsets: sha256,
    ids: sha256,
    idOffsets: sha256,
    batches: sha256,
  }),
  /** What became of the records where they were translated; the sequences are then the rows of their frames. */
  translation: z
    .object({
      frames: z.enum(['open', 'all']),
      records: count,
      without_row: count,
      first_without_row: z.array(z.string()),
    })
    .exactOptional(),
  /** Raw bytes of each input as read, in order. */
  inputs: z.array(z.object({ path: z.string(), bytes: count, sha256 })),
});

/** What an index holds, and what it was made from. */
export type IndexSummary = z.infer<typeof summarySchema>;
