import { join } from 'node:path';
import { makeDirectoryDurably, removeDurably, writeFileDurably } from '@holdfast/durable';
import {
  countOf,
  type Fault,
  Faults,
  hasNotes,
  InputError,
  idRule,
  idTail,
  NO_FRAME,
  noNotes,
  noRow,
  type TranslationCount,
} from '@holdfast/fasta';
import { LetterSink } from '../letters/letter-sink.js';
import { FILES, type IndexSummary } from './format.js';
import type { BuildIndexOptions } from './index-options.js';
import { IndexWriter } from './index-writer.js';
import { indexInput, type Rows } from './read-input.js';
import { SkippedTable } from './skipped-table.js';

/** Faults of a whole input: the other inputs are read all the same, to tell all faults at once. */
const OF_AN_INPUT: readonly string[] = ['bad_gzip', 'bad_compression', 'not_fasta', 'empty'];

/**
 * Reads all inputs once, in order, and writes the plan of a run: every sequence's residues, ID, position and
 * batch. Takes a few MiB of buffers, 13 to 18 bytes per sequence to find duplicate IDs, and 17 to 22 per distinct
 * sequence to find copies. Once it resolves, the index is complete and durable.
 *
 * @throws InputError for the faults in all inputs; any file-system error while writing; the signal's
 * reason; RangeError if there is no input, or a limit admits nothing.
 */
export async function buildIndex(options: BuildIndexOptions): Promise<IndexSummary> {
  const { folder, batchTokens, tokensOf, bucket, maxResidues = Number.POSITIVE_INFINITY } = options;
  const { cut = {}, dedupe = false } = options;
  if (options.inputs.length === 0) throw new RangeError('no input to index; name at least one file');
  const summaryPath = join(folder, FILES.summary);
  await makeDirectoryDurably(folder);
  // An older index that is being overwritten must not look complete.
  await removeDurably(summaryPath);
  const sharedIds = { shares: options.dedupeIds === 'suffix', tail: idTail(cut) ?? 0 };
  const writer = await IndexWriter.create(folder, {
    tokensOf,
    batchTokens,
    bucket,
    maxResidues,
    dedupe,
    sharedIds,
  });
  const inputs: IndexSummary['inputs'] = [];
  const inputSequences: number[] = [];
  const translation = cut.translate && countOf(cut.translate.frames);
  const letters = options.letters && new LetterSink(writer, options.letters);
  const notes = noNotes();
  const faults = new Faults();
  const skips = options.onBadRecord === 'skip';
  let skipped: SkippedTable | null = null;
  let files: IndexSummary['files'];
  try {
    skipped = skips || translation ? await SkippedTable.create(folder) : null;
    const rows: Rows = {
      writer,
      sink: letters ?? writer,
      translation,
      notes,
      skipped,
      idRule: idRule(options.id ?? 'first-word'),
      fault(file: string, fault: Fault) {
        faults.add(file, fault);
        writer.leaveOut();
        // Else the input is refused.
        if (skips) skipped?.add(file, fault);
      },
    };
    let bytesBefore = 0;
    for (const path of options.inputs) {
      const sequencesBefore = writer.sequences;
      try {
        const digest = await indexInput(path, rows, options, bytesBefore);
        bytesBefore += digest.bytes;
        inputs.push({ path, ...digest });
        inputSequences.push(writer.sequences - sequencesBefore);
      } catch (error) {
        if (!(error instanceof InputError) || !OF_AN_INPUT.includes(error.code)) throw error;
        faults.addFile(error);
      }
    }
    const anyLeft = writer.sequences > 0 || (translation?.records ?? 0) > 0;
    const refusal = faults.refusal(anyLeft, { skips, wayOn: options.wayOn });
    if (refusal !== null) throw refusal;
    if (translation && writer.sequences === 0) refuseNoRows(options.inputs, translation);
    const table = await skipped?.finish();
    files = { ...(await writer.finish()), ...(table && { skipped: table }) };
  } finally {
    await skipped?.close();
    await writer.close();
  }
  const { sequences, residues, buckets, tokens, truncated, renamed } = writer;
  const summary: IndexSummary = {
    format: writer.format,
    sequences,
    ...(dedupe && { copies: sequences - buckets.positions }),
    residues,
    windows: buckets.buckets,
    batches: buckets.batches,
    tokens,
    padded_tokens: buckets.paddedTokens,
    batch_tokens: batchTokens,
    truncated,
    files,
    ...(translation && { translation }),
    ...(letters && { letters: letters.counts }),
    ...skippedRecords(faults, translation),
    ...(renamed.sequences > 0 && { renamed }),
    ...(hasNotes(notes) && { notes }),
    input_sequences: inputSequences,
    description_bytes: writer.descriptionBytes,
    inputs,
    ...(options.runOf && { run: { ...options.runOf(inputs) } }),
  };
  await writeFileDurably(summaryPath, `${JSON.stringify(summary, null, 2)}\n`);
  return summary;
}

/** The records of `skipped.tsv`: all that have no row. */
function skippedRecords(
  { records, counts }: Faults,
  translation: TranslationCount | undefined,
): Pick<IndexSummary, 'skipped'> {
  const noFrame = translation?.without_row ?? 0;
  if (records + noFrame === 0) return {};
  const faults = { ...counts, ...(noFrame > 0 && { [NO_FRAME]: noFrame }) };
  return { skipped: { records: records + noFrame, faults } };
}

function refuseNoRows(inputs: readonly string[], translation: TranslationCount): never {
  const file = inputs.length === 1 ? inputs[0]! : inputs.join(', ');
  throw new InputError('no_frame', { file }, noRow(translation));
}
