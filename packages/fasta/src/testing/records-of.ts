import { FastaParser } from '../fasta-parser.js';
import type { Fault } from '../fault.js';
import { idRule } from '../id-rule.js';
import { type InputNotes, noNotes } from '../input-notes.js';

/** What a file has, as text. */
export interface Read {
  records: { id: string; description: string; residues: string; record: number; line: number }[];
  faults: Fault[];
  notes: InputNotes;
}

/** Reads a file in pieces. @param sizes of the pieces, over and over. @param letters that may be residues. */
export function recordsOf(
  bytes: Uint8Array,
  sizes: readonly number[] = [bytes.length || 1],
  { letters = 'ACDEFGHIKLMNPQRSTVWYXBUZOJ*-.', id = 'first-word' }: { letters?: string; id?: string } = {},
): Read {
  const read: Read = { records: [], faults: [], notes: noNotes() };
  const allowed = new Uint8Array(256);
  for (const letter of Buffer.from(letters)) allowed[letter] = 1;
  let staged = Buffer.alloc(0);
  /** Where the current record's residues begin, and those of it from before. */
  let start = 0;
  let before = '';
  let header = { id: '', description: '', record: 0, line: 0 };
  const parser = new FastaParser({
    file: 'reads.fa',
    allowed,
    hint: 'the model reads proteins',
    idRule: idRule(id),
    notes: read.notes,
    header(id, record, line, description) {
      header = {
        id: Buffer.from(id).toString(),
        description: Buffer.from(description).toString('latin1'),
        record,
        line,
      };
    },
    end(residues) {
      const end = start + residues - before.length;
      read.records.push({ ...header, residues: before + staged.toString('latin1', start, end) });
      start = end;
      before = '';
      return null;
    },
    drop() {
      before = '';
    },
    fault: (fault) => void read.faults.push(fault),
  });
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const piece = bytes.subarray(at, at + sizes[i % sizes.length]!);
    staged = Buffer.alloc(piece.length);
    start = 0;
    const to = parser.write(piece, staged, 0);
    before += staged.toString('latin1', start, to);
    at += piece.length;
  }
  staged = Buffer.alloc(0);
  start = 0;
  parser.end();
  return read;
}
