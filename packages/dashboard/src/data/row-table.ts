import { open } from 'node:fs/promises';
import type { Result } from '@holdfast/result';
import type { RowDetail } from '../wire.js';
import { linesOf } from './lines.js';

/** Every so many rows the place of one is kept. */
const STRIDE = 64;

/** Bytes that are read to find a row. */
const PIECE = 1 << 16;

/** What is known of each row beside its numbers. Keeps the lengths and files of all rows, and the place of some. */
export class RowTable {
  private constructor(
    private readonly path: string,
    private readonly columns: readonly string[] | null,
    private readonly offsets: readonly number[],
    readonly rows: number,
    /** Residues of each row; null in a result of an earlier version, and then `files` is too. */
    readonly lengths: Float32Array | null,
    readonly files: { names: string[]; of: Uint16Array } | null,
  ) {}

  /** Reads `sequences.tsv` once; `ids.txt` in a result of an earlier version. */
  static async open({ ids, sequences, record }: Result): Promise<RowTable> {
    const rows = record.sequences;
    const offsets: number[] = [];
    let row = 0;
    if (sequences === null) {
      for await (const lines of linesOf(ids))
        for (const { offset } of lines) if (row++ % STRIDE === 0) offsets.push(offset);
      return new RowTable(ids, null, offsets, rows, null, null);
    }
    const [lengths, of] = [new Float32Array(rows), new Uint16Array(rows)];
    const names = new Map<string, number>();
    let columns: string[] | null = null;
    let at: Record<string, number> = {};
    for await (const lines of linesOf(sequences))
      for (const { text, offset } of lines) {
        const fields = text.split('\t');
        if (columns === null) {
          columns = fields;
          at = Object.fromEntries(fields.map((name, place) => [name, place]));
          continue;
        }
        if (fields[at['row']!] === '') continue;
        if (row % STRIDE === 0) offsets.push(offset);
        lengths[row] = Number(fields[at['length']!]);
        const file = fields[at['file']!]!;
        if (!names.has(file)) names.set(file, Math.min(names.size, 0xffff));
        of[row++] = names.get(file)!;
      }
    return new RowTable(sequences, columns, offsets, rows, lengths, { names: [...names.keys()], of });
  }

  /** @throws RangeError for a row that there is not. */
  async detail(row: number): Promise<RowDetail> {
    if (!(Number.isInteger(row) && row >= 0 && row < this.rows)) throw new RangeError(`no row ${row}`);
    let skip = row % STRIDE;
    await using file = await open(this.path, 'r');
    let text = Buffer.alloc(0);
    for (let at = this.offsets[Math.floor(row / STRIDE)]!; ; ) {
      const piece = Buffer.alloc(PIECE);
      const { bytesRead } = await file.read(piece, 0, PIECE, at);
      if (bytesRead === 0) throw new RangeError(`${this.path} ends before row ${row}`);
      at += bytesRead;
      text = Buffer.concat([text, piece.subarray(0, bytesRead)]);
      const whole = text.lastIndexOf(10) + 1;
      for (const line of text.toString('utf8', 0, whole).split('\n').slice(0, -1)) {
        const fields = this.#fieldsOf(line);
        if (fields !== null && skip-- === 0) return { row, ...fields };
      }
      text = text.subarray(whole);
    }
  }

  /** The descriptions of some rows, in one pass. @param rows ascending. */
  async descriptions(rows: Uint32Array): Promise<string[]> {
    if (this.columns === null) return Array.from(rows, () => '');
    const found: string[] = [];
    let row = -1;
    for await (const lines of linesOf(this.path))
      for (const { text } of lines) {
        if (row === -1) {
          row = 0;
          continue;
        }
        const fields = this.#fieldsOf(text);
        if (fields !== null && rows[found.length] === row++) found.push(fields.description);
      }
    return found;
  }

  /** Null for a sequence without a row. */
  #fieldsOf(line: string): Omit<RowDetail, 'row'> | null {
    if (this.columns === null) return { id: line, description: '', file: null, length: null };
    const fields = line.split('\t');
    const named = Object.fromEntries(this.columns.map((name, at) => [name, fields[at] ?? '']));
    if (named['row'] === '') return null;
    return {
      id: named['id']!,
      description: named['description']!,
      file: named['file']!,
      length: Number(named['length']),
    };
  }
}
