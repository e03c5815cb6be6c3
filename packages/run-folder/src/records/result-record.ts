import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { sha256File, writeFileDurably } from '@holdfast/durable';
import { letterCountsSchema } from '@holdfast/plan';
import * as z from '@holdfast/schema';
import { runOutputsSchema } from '../outputs/run-outputs.js';
import { formatChecked, parseChecked } from './checked-json.js';
import { precisionCostSchema } from './precision-cost.js';
import { provenanceSchema } from './provenance.js';

const file = z.object({ file: z.string(), bytes: z.number(), sha256: z.string() });
const fields = {
  format: z.literal(1),
  run: z.string(),
  /** Rows of the result: sequences of the input that are not quarantined. */
  sequences: z.number(),
  /** Sequences of the input without a row, listed in `quarantine.tsv`; absent in results of versions without a quarantine. */
  quarantined: z.number().exactOptional(),
  /** Records of the input, or chunks of them, that give no row: lines of `skipped.tsv`; absent if there are none. */
  skipped: z.number().exactOptional(),
  dim: z.number(),
  /** How numbers are stored, and what was computed beside the embeddings; absent: float32, and nothing. */
  outputs: runOutputsSchema.exactOptional(),
  /** Tokens of all sequences, and of all batches with their padding; absent in results of the first version. */
  tokens: z.number().exactOptional(),
  padded_tokens: z.number().exactOptional(),
  /** Present if a token may be several residues, so these are upper bounds. */
  tokens_at_most: z.literal(true).exactOptional(),
  /** Letters that the model does not read unchanged; absent in results of runs that earlier versions began. */
  letters: letterCountsSchema.exactOptional(),
  /** Present if the rows are not in float32: what that costs, measured on sequences of the run. */
  precision: precisionCostSchema.exactOptional(),
  /** How the result came to be; absent in results of earlier versions. */
  provenance: provenanceSchema.exactOptional(),
  files: z.array(file),
  warnings: z.array(z.string()),
};
const schema = z.object(fields);
/** Versions without a checksum had no other fields, and `quarantined` must agree with the list of files. */
const uncheckedSchema = z
  .strictObject(fields)
  .refine(
    ({ quarantined = 0, files }) => quarantined > 0 === files.some(({ file }) => file === 'quarantine.tsv'),
  );

/** `result.json`: the result of a complete run, written after the files it names. */
export type ResultRecord = z.infer<typeof schema>;

export async function writeResultRecord(path: string, record: ResultRecord): Promise<void> {
  await writeFileDurably(path, formatChecked(record));
}

/** Parses a `result.json`. @throws Error if it is damaged, or of another version. */
export function parseResult(text: string): ResultRecord {
  const { value, checked } = parseChecked(text);
  return (checked ? schema : uncheckedSchema).parse(value);
}

/**
 * The result in `out` if it belongs to this run, has the wanted embeddings file, and every byte of every file is as written;
 * else null. @throws the signal's reason.
 */
export async function readResult(
  path: string,
  { out, run, embeddings, signal }: { out: string; run: string; embeddings: string; signal: AbortSignal },
): Promise<ResultRecord | null> {
  try {
    const record = parseResult(await readFile(path, 'utf8'));
    if (record.run !== run || !record.files.some(({ file }) => file === basename(embeddings))) return null;
    for (const { file, bytes } of record.files) if ((await stat(join(out, file))).size !== bytes) return null;
    for (const { file, sha256 } of record.files)
      if ((await sha256File(join(out, file), signal)) !== sha256) return null;
    return record;
  } catch {
    signal.throwIfAborted();
    // Whether absent, damaged or incomplete, it is assembled again from the checkpoints.
    return null;
  }
}
