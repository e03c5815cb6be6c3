import {
  cutSink,
  FastaParser,
  type Fault,
  type FrameRows,
  type IdRule,
  type Input,
  InputError,
  type InputNotes,
  idTail,
  openInput,
  type RecordSink,
  type TranslationCount,
  withinTime,
} from '@holdfast/fasta';
import type { BuildIndexOptions } from './index-options.js';
import type { IndexWriter } from './index-writer.js';
import type { SkippedTable } from './skipped-table.js';

/**
 * Bytes of input parsed between two writes. No file may grow by more than `ROOM_BYTES` meanwhile: the densest
 * records (`>a\nC\n`) make 8 bytes of offsets from 5 bytes of input, and an ID of up to 64 KiB or a bucket of
 * 16,384 earlier sequences may end in it.
 */
const BITE_BYTES = 128 * 1024;

const ID_SECONDS = 10;

/** The index, and what the records of all inputs pass through. */
export interface Rows {
  writer: IndexWriter;
  /** The writer, or a sink before it. */
  sink: FrameRows;
  translation: TranslationCount | undefined;
  notes: InputNotes;
  skipped: SkippedTable | null;
  idRule: IdRule;
  fault(file: string, fault: Fault): void;
}

/** Reads one input into the index. @returns the fingerprint of its bytes. */
export async function indexInput(
  file: string,
  { writer, sink: rows, translation, notes, skipped, idRule, fault }: Rows,
  { allowed, hint, cut = {}, stdin, signal, onProgress, dedupeIds, id, idSeconds = ID_SECONDS }: Options,
  bytesBefore: number,
): ReturnType<Input['digest']> {
  const input = await openInput(file, { ...(stdin && { stdin }), ...(signal && { signal }) });
  let sink: RecordSink | null = null;
  try {
    writer.beginInput(file);
    const atFault = (found: Fault) => fault(file, found);
    const sharesIds = dedupeIds === 'suffix';
    const to = cutSink(rows, cut, translation, {
      sharesIds,
      fault: atFault,
      leftOut: (record) => skipped?.add(file, record),
      ...(idTail(cut) !== null && { remedy: ', or add --dedupe-ids suffix' }),
    });
    sink = to;
    const parser = new FastaParser({
      file,
      allowed,
      hint,
      idRule,
      notes,
      header: (id, record, line, description) => to.header(id, record, line, description),
      end: (residues) => to.end(residues),
      drop: () => to.drop(),
      fault: atFault,
    });
    const guarded = (work: () => void) => {
      if (withinTime(idSeconds * 1000, work)) return;
      const problem = `--id ${id} takes more than ${idSeconds} s for less than 128 KiB of headers; write the expression without nested repetition such as (a+)+, then rerun`;
      throw new InputError('slow_id', { file, line: parser.line }, problem);
    };
    const limited = idRule.mayBeSlow ? guarded : (work: () => void) => work();
    for await (const chunk of input.chunks()) {
      for (let at = 0; at < chunk.length; at += BITE_BYTES) {
        const bite = chunk.subarray(at, at + BITE_BYTES);
        limited(() => to.appendResidues((staged, from) => parser.write(bite, staged, from)));
        await to.settle();
        await skipped?.settle();
      }
      signal?.throwIfAborted();
      const { sequences, residues } = writer;
      onProgress?.({ file, bytes: bytesBefore + input.bytesRead, sequences, residues });
    }
    limited(() => parser.end());
    await to.settle();
    await skipped?.settle();
    return await input.digest();
  } catch (error) {
    // The next input must not go on with a record of this one.
    sink?.drop();
    throw error;
  } finally {
    input.close();
  }
}

type Options = Pick<
  BuildIndexOptions,
  'allowed' | 'hint' | 'cut' | 'stdin' | 'signal' | 'onProgress' | 'dedupeIds' | 'id' | 'idSeconds'
>;
