import { join } from 'node:path';
import { makeDirectoryDurably, removeDurably, writeFileDurably } from '@holdfast/durable';
import {
  countOf,
  FastaParser,
  type FrameRows,
  type Input,
  InputError,
  type InputOptions,
  noRow,
  openInput,
  type RecordSink,
  SixFrameSink,
  type Translation,
  type TranslationCount,
} from '@holdfast/fasta';
import type { BucketLimits } from '../buckets.js';
import type { LetterPlan } from '../letters/letter-plan.js';
import { LetterSink } from '../letters/letter-sink.js';
import { FILES, INDEX_FORMAT, type IndexSummary } from './format.js';
import { IndexWriter } from './index-writer.js';

/**
 * Input parsed between two chances to write. The densest records (`>a\nC\n`) make 8 bytes of offsets from 5 of input,
 * and an ID of up to 64 KiB, or a bucket whose 16,384 sequences came before, may end in it, so no file grows by more than
 * its `ROOM_BYTES` meanwhile.
 */
const BITE_BYTES = 128 * 1024;

/** How far the index has come. */
export interface IndexProgress {
  /** Input being read. */
  file: string;
  /** Raw bytes read of all inputs. */
  bytes: number;
  sequences: number;
  residues: number;
}

/** The input and how to index it. */
export interface BuildIndexOptions extends Pick<InputOptions, 'stdin' | 'signal'> {
  /** FASTA files, gzipped or not, `-` for standard input; at least one. Ordinals run through them in this order. */
  inputs: readonly string[];
  /** Made if it is missing. After an error it holds an incomplete index, which the caller removes. */
  folder: string;
  /** 256 flags: not 0 for each upper-case byte that may be a residue. */
  allowed: Uint8Array;
  /** Ends the error about a byte that is not allowed: what the model reads, and what to do. */
  hint: string;
  /** Tokens of a sequence with this many residues, after truncation. */
  tokensOf(residues: number): number;
  /** Most tokens of a batch, padding included: count × longest. */
  batchTokens: number;
  /** How much is sorted by length together; see `bucketLimits`. At most 16,384 sequences fit the writing buffers. */
  bucket: BucketLimits;
  /** Residues beyond which the model cuts a sequence off; those sequences are counted. Default: no limit. */
  maxResidues?: number;
  /** The inputs hold nucleotides, and a sequence is a reading frame of a record, translated. Default: as they are. */
  translate?: Translation;
  /** How letters are counted and changed. Default: they are taken as they are, and not counted. */
  letters?: LetterPlan;
  /** Describes the run that the index is for, given the inputs as read; the summary keeps it. Default: nobody's. */
  runOf?(inputs: IndexSummary['inputs']): { fingerprint: string };
  /** Called after each chunk of input, so up to some thousand times per second. */
  onProgress?(progress: IndexProgress): void;
}

/**
 * Reads all inputs once, in order, and writes the plan of a run: every sequence's residues, ID, position and batch. Memory is
 * a few MiB of buffers and 13 to 18 bytes per sequence, for finding duplicate IDs. When this resolves, the index is whole
 * and a power cut cannot take it back.
 *
 * @throws InputError for the first thing wrong with an input; whatever the file system threw while writing; the
 * signal's reason; RangeError if there is no input, or a limit admits nothing.
 */
export async function buildIndex(options: BuildIndexOptions): Promise<IndexSummary> {
  const { folder, batchTokens, tokensOf, bucket, maxResidues = Number.POSITIVE_INFINITY } = options;
  if (options.inputs.length === 0) throw new RangeError('no input to index; name at least one file');
  const summaryPath = join(folder, FILES.summary);
  await makeDirectoryDurably(folder);
  // An older index that is being overwritten must not look whole.
  await removeDurably(summaryPath);
  const writer = await IndexWriter.create(folder, { tokensOf, batchTokens, bucket, maxResidues });
  const inputs: IndexSummary['inputs'] = [];
  const translation = options.translate && countOf(options.translate);
  const letters = options.letters && new LetterSink(writer, options.letters);
  const rows: Rows = { writer, sink: letters ?? writer };
  let files: IndexSummary['files'];
  try {
    for (const path of options.inputs) {
      const bytesBefore = inputs.reduce((sum, { bytes }) => sum + bytes, 0);
      inputs.push({ path, ...(await indexInput(path, rows, options, bytesBefore, translation)) });
    }
    if (translation && writer.sequences === 0) refuseNoRows(options.inputs, translation);
    files = await writer.finish();
  } finally {
    await writer.close();
  }
  const { sequences, residues, buckets, batches, tokens, truncated } = writer;
  const summary: IndexSummary = {
    format: INDEX_FORMAT,
    sequences,
    residues,
    windows: buckets,
    batches,
    tokens,
    padded_tokens: writer.paddedTokens,
    batch_tokens: batchTokens,
    truncated,
    files,
    ...(translation && { translation }),
    ...(letters && { letters: letters.counts }),
    inputs,
    ...(options.runOf && { run: { ...options.runOf(inputs) } }),
  };
  await writeFileDurably(summaryPath, `${JSON.stringify(summary, null, 2)}\n`);
  return summary;
}

/** The index, and what its rows pass on their way there. */
interface Rows {
  writer: IndexWriter;
  sink: FrameRows;
}

async function indexInput(
  file: string,
  { writer, sink: rows }: Rows,
  options: BuildIndexOptions,
  bytesBefore: number,
  translation: TranslationCount | undefined,
): ReturnType<Input['digest']> {
  const { allowed, hint, stdin, signal, onProgress } = options;
  const input = await openInput(file, { ...(stdin && { stdin }), ...(signal && { signal }) });
  try {
    writer.beginInput(file);
    const sink: RecordSink = translation ? new SixFrameSink(rows, file, translation) : rows;
    const parser = new FastaParser({
      file,
      allowed,
      hint,
      header: (id, record, line) => sink.header(id, record, line),
      end: (residues) => sink.end(residues),
    });
    for await (const chunk of input.chunks()) {
      for (let at = 0; at < chunk.length; at += BITE_BYTES) {
        const bite = chunk.subarray(at, at + BITE_BYTES);
        sink.appendResidues((staged, to) => parser.write(bite, staged, to));
        await sink.settle();
      }
      signal?.throwIfAborted();
      const { sequences, residues } = writer;
      onProgress?.({ file, bytes: bytesBefore + input.bytesRead, sequences, residues });
    }
    parser.end();
    await sink.settle();
    return await input.digest();
  } finally {
    input.close();
  }
}

function refuseNoRows(inputs: readonly string[], translation: TranslationCount): never {
  const file = inputs.length === 1 ? inputs[0]! : inputs.join(', ');
  throw new InputError('no_frame', { file }, noRow(translation));
}
