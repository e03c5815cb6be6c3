import { join } from 'node:path';
import { makeDirectoryDurably, removeDurably, writeFileDurably } from '@holdfast/durable';
import {
  type Cut,
  countOf,
  cutSink,
  FastaParser,
  type FrameRows,
  type Input,
  InputError,
  type InputOptions,
  noRow,
  openInput,
  type TranslationCount,
} from '@holdfast/fasta';
import type { BucketLimits } from '../buckets.js';
import type { LetterPlan } from '../letters/letter-plan.js';
import { LetterSink } from '../letters/letter-sink.js';
import { FILES, type IndexSummary } from './format.js';
import { IndexWriter } from './index-writer.js';

/**
 * Bytes of input parsed between two writes. No file may grow by more than `ROOM_BYTES` meanwhile: the densest
 * records (`>a\nC\n`) make 8 bytes of offsets from 5 bytes of input, and an ID of up to 64 KiB or a bucket of
 * 16,384 earlier sequences may end in it.
 */
const BITE_BYTES = 128 * 1024;

/** Progress of the index. */
export interface IndexProgress {
  /** The current input. */
  file: string;
  /** Raw bytes read so far, over all inputs. */
  bytes: number;
  sequences: number;
  residues: number;
}

/** The input and how to index it. */
export interface BuildIndexOptions extends Pick<InputOptions, 'stdin' | 'signal'> {
  /** FASTA files, gzipped or not, `-` for standard input; at least one. Ordinals follow this order. */
  inputs: readonly string[];
  /** Created if missing. After an error it contains an incomplete index, which the caller removes. */
  folder: string;
  /** 256 flags: nonzero for each upper-case byte that may be a residue. */
  allowed: Uint8Array;
  /** Ends the error about a disallowed byte: what the model reads, and the remedy. */
  hint: string;
  /** Tokens of a sequence with this many residues, after truncation. */
  tokensOf(residues: number): number;
  /** Token budget of a batch, padding included: count × longest. */
  batchTokens: number;
  /** How much is sorted by length together; see `bucketLimits`. The write buffers fit 16,384 sequences. */
  bucket: BucketLimits;
  /** Most residues that the model reads of a sequence; longer sequences are counted. Default: no limit. */
  maxResidues?: number;
  /** Compute a sequence with the residues of an earlier one only once. Default: false. */
  dedupe?: boolean;
  /** How records become sequences. Default: each is one. */
  cut?: Cut;
  /** How letters are counted and changed. Default: neither counted nor changed. */
  letters?: LetterPlan;
  /** Describes the run of the index, from the inputs as read; stored in the summary. Default: no run. */
  runOf?(inputs: IndexSummary['inputs']): { fingerprint: string };
  /** Called after each chunk of input, up to a few thousand times per second. */
  onProgress?(progress: IndexProgress): void;
}

/**
 * Reads all inputs once, in order, and writes the plan of a run: every sequence's residues, ID, position and
 * batch. Takes a few MiB of buffers, 13 to 18 bytes per sequence to find duplicate IDs, and 17 to 22 per distinct
 * sequence to find copies. Once it resolves, the index is complete and durable.
 *
 * @throws InputError for the first fault in an input; any file-system error while writing; the signal's
 * reason; RangeError if there is no input, or a limit admits nothing.
 */
export async function buildIndex(options: BuildIndexOptions): Promise<IndexSummary> {
  const { folder, batchTokens, tokensOf, bucket, maxResidues = Number.POSITIVE_INFINITY } = options;
  const { dedupe = false } = options;
  if (options.inputs.length === 0) throw new RangeError('no input to index; name at least one file');
  const summaryPath = join(folder, FILES.summary);
  await makeDirectoryDurably(folder);
  // An older index that is being overwritten must not look complete.
  await removeDurably(summaryPath);
  const writer = await IndexWriter.create(folder, { tokensOf, batchTokens, bucket, maxResidues, dedupe });
  const inputs: IndexSummary['inputs'] = [];
  const { cut } = options;
  const translation = cut?.translate && countOf(cut.translate.frames);
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
    format: writer.format,
    sequences,
    ...(dedupe && { copies: writer.copies }),
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

/** The index, behind the sinks that its rows pass through. */
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
  const { allowed, hint, cut = {}, stdin, signal, onProgress } = options;
  const input = await openInput(file, { ...(stdin && { stdin }), ...(signal && { signal }) });
  try {
    writer.beginInput(file);
    const sink = cutSink(rows, file, cut, translation);
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
