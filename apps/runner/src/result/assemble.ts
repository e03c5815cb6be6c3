import { createReadStream } from 'node:fs';
import { basename, join } from 'node:path';
import { mayBeThere, removeDurably } from '@holdfast/durable';
import type { ModelSource } from '@holdfast/gpu-runtime';
import { counted, grouped } from '@holdfast/options';
import {
  CopiedRows,
  FILES,
  type IndexSummary,
  type Padding,
  paddingOf,
  type SequenceIndex,
  type Shard,
  verifyIndex,
  withoutLines,
} from '@holdfast/plan';
import {
  columnBytes,
  type FormatName,
  type FoundQuarantined,
  findQuarantined,
  formats,
  formatTable,
  type Layout,
  modelColumns,
  type Provenance,
  type ResultRecord,
  type RowFile,
  type RunOutputs,
  resultRows,
  rowFiles,
  sequenceTable,
  storedTypeOf,
  writeResultRecord,
} from '@holdfast/run-folder';
import type { Findings } from '../run/plan-warnings.js';
import { cutOff, withoutRows } from './left-out.js';
import { writeFurther } from './write-further.js';
import { writeMeasured } from './write-measured.js';
import { ZeroRows } from './zero-rows.js';

export interface Assembly {
  place: Layout;
  run: string;
  index: SequenceIndex;
  shards: readonly Shard[];
  model: ModelSource;
  /** What is computed beside the usual rows in float32. Default: nothing. */
  outputs?: RunOutputs | undefined;
  format: FormatName;
  /** The run's inputs, as it was begun with them. Default: as they were read into the index. */
  inputs?: readonly string[];
  /** What the file of embeddings says of how its rows were computed. Default: nothing. */
  settings?: Readonly<Record<string, string>>;
  /** Called when all files but the record are written. Default: the record says nothing of the kind. */
  provenance?(): Provenance;
  findings?: Findings;
  /** What is quarantined, if already known. Default: read from the checkpoints. */
  found?: FoundQuarantined | undefined;
  signal: AbortSignal;
}

/**
 * Joins the checkpoints of all shards into the result: embeddings, what was computed beside them, `ids.txt`, `quarantine.tsv` if something is quarantined,
 * `skipped.tsv` if records have no row, `sequences.tsv`, and `result.json` last. Row *i* and ID *i* belong to the *i*-th sequence in input order that is not quarantined. It checks every
 * checkpoint against its checksum and every row against the index, and verifies the whole index at the end.
 *
 * @throws ShardIncompleteError if a shard must be repaired; IndexError if the index is not what was written; the signal's
 * reason. Nothing is left half-written.
 */
export async function assemble({
  place,
  run,
  index,
  shards,
  model,
  outputs,
  format,
  inputs = index.summary.inputs.map(({ path }) => path),
  settings = {},
  provenance,
  findings = { warnings: [] },
  found,
  signal,
}: Assembly): Promise<ResultRecord> {
  // Formats need the number of rows first.
  const { dim } = model;
  const missing = found ?? (await findQuarantined(shards, { place, run, index, dim, outputs, signal }));
  const quarantined = [...missing.quarantined, ...missing.copies];
  const ordinals = new Set(quarantined.map(({ ordinal }) => ordinal));
  const zeros = new ZeroRows(dim);
  const counts = { truncated: 0 };
  const copied = () => CopiedRows.open(index, place.copiedRows);
  const whole = { run, index, shards, dim, found: missing, copied };
  const [{ dim: own }] = rowFiles(dim, outputs) as [RowFile];
  const dtype = storedTypeOf(outputs);
  async function* chunks(): AsyncGenerator<Uint8Array> {
    const onTruncated = (sequences: number) => {
      counts.truncated += sequences;
    };
    for await (const rows of resultRows({ place, outputs, ...whole, onTruncated })) {
      signal.throwIfAborted();
      zeros.add(rows);
      yield columnBytes(rows, { width: dim, first: 0, dim: own, dtype });
    }
  }
  const sequences = index.sequences - quarantined.length;
  const path = place.embeddings(format);
  const facts = {
    model: model.name,
    model_sha256: model.fingerprint,
    row_ids: basename(place.ids),
    ...settings,
  };
  const namesOfRows = async () => (await index.allIds()).filter((_, ordinal) => !ordinals.has(ordinal));
  const embeddings = await writeMeasured(path, (sink) =>
    formats[format](sink, {
      shape: [sequences, own],
      dtype,
      columns: model.columns ?? null,
      facts,
      ids: namesOfRows,
      chunks,
    }),
  );
  // An older result in another format may have other rows, and would stand beside the new ids.txt.
  for (const other of Object.keys(formats) as FormatName[])
    if (other !== format && mayBeThere(place.embeddings(other))) await removeDurably(place.embeddings(other));
  const of = { outputs: outputs ?? { dim }, format, missing: ordinals, facts, signal };
  const further = await writeFurther(place, { place, ...whole, ...of });
  const ids = await writeMeasured(place.ids, async (sink) => {
    for await (const chunk of withoutLines(index.idFile(), ordinals)) await sink.write(chunk);
  });
  const files = [embeddings, ...further, ids];
  if (quarantined.length === 0) await removeDurably(place.quarantine);
  else {
    const table = Buffer.from(formatTable(quarantined));
    files.push(await writeMeasured(place.quarantine, (sink) => sink.write(table)));
  }
  const { skipped } = index.summary;
  // Older runs may have a file of the user under that name.
  if (skipped !== undefined) {
    const table = createReadStream(join(place.index, FILES.skipped));
    files.push(
      await writeMeasured(place.skipped, async (sink) => {
        for await (const chunk of table) await sink.write(chunk);
      }),
    );
  }
  // An index of an earlier version lacks what the table has; the user may have a file of that name in its folder.
  if (index.described) {
    const ofLength = modelColumns(model, counts.truncated > 0);
    const table = { index, inputs, shards, missing: ordinals, ofLength };
    files.push(
      await writeMeasured(place.sequences, async (sink) => {
        for await (const chunk of sequenceTable(table)) {
          signal.throwIfAborted();
          await sink.write(chunk);
        }
      }),
    );
  }
  const zeroRows = await zeros.warning(index, ordinals, model.zeroRowMeaning);
  // Each block was verified as it was read; verify the whole index before the record vouches for the result.
  await verifyIndex(place.index, index, signal);
  const record: ResultRecord = {
    format: 1,
    run,
    sequences,
    quarantined: quarantined.length,
    ...(skipped && { skipped: skipped.records }),
    dim: own,
    ...(outputs && { outputs }),
    ...withoutShare(paddingOf(model, index.summary)),
    ...(findings.letters && { letters: findings.letters }),
    ...(findings.precision && { precision: findings.precision }),
    ...(provenance && { provenance: provenance() }),
    files,
    warnings: [...findings.warnings, ...warnings(model, { ...counts, zeros: zeroRows }, index.summary)],
  };
  await writeResultRecord(place.result, record);
  return record;
}

/** What is known only after embedding. */
interface RowFindings {
  /** The warning about rows of zeros, or null. */
  zeros: string | null;
  /** Sequences with more tokens than the model takes. */
  truncated: number;
}

function warnings(
  model: ModelSource,
  { zeros, truncated: byTokens }: RowFindings,
  summary: Pick<IndexSummary, 'truncated' | 'translation' | 'skipped' | 'copies'>,
): string[] {
  const { truncated, copies = 0 } = summary;
  const sentences = [withoutRows(summary), zeros, cutOff(model, truncated)];
  if (byTokens > 0) {
    const have = byTokens === 1 ? 'has' : 'have';
    const [longer, rest] = model.windows
      ? [`${have} windows of`, 'of each window']
      : [have, byTokens === 1 ? 'of it' : 'of each'];
    sentences.push(
      `${counted(byTokens, copies > 0 ? 'distinct sequence' : 'sequence')} ${longer} more tokens than the ${grouped(model.maxTokens!)} that ${model.name} takes, special ones included; the rest ${rest} was left out`,
    );
  }
  return sentences.filter((each) => each !== null);
}

/** The record keeps what the share is computed from. */
const withoutShare = ({ padding_share: _, ...counts }: Padding): Omit<Padding, 'padding_share'> => counts;
