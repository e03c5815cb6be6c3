import { join } from 'node:path';
import { removeDurably } from '@holdfast/durable';
import { type LeftOut, oneLine } from '@holdfast/fasta';
import { AppendFile } from './append-file.js';
import { FILES } from './format.js';

const HEADER = '# file\trecord\tline\tid\tcode\tproblem\n';

/** The table of the records that were left out: a header, then one line per record, tab-separated. */
export class SkippedTable {
  readonly #file: AppendFile;
  #rows: { record: number; row: string }[] = [];
  #empty = true;
  #closed = false;

  private constructor(file: AppendFile) {
    this.#file = file;
    file.append(Buffer.from(HEADER));
  }

  /** Creates the file in an index's folder. */
  static async create(folder: string): Promise<SkippedTable> {
    return new SkippedTable(await AppendFile.create(join(folder, FILES.skipped)));
  }

  /** Adds a record. Call {@link settle} after each portion of input. */
  add(file: string, { record, line, id = '', code, problem }: LeftOut): void {
    const fields = [file, record, line, id, code, problem].map((field) => oneLine(`${field}`));
    this.#rows.push({ record, row: `${fields.join('\t')}\n` });
  }

  /** Writes the rows that were added. */
  async settle(): Promise<void> {
    const rows = this.#rows;
    if (rows.length === 0) return;
    this.#rows = [];
    this.#empty = false;
    // Duplicates among translated records are found only after all faults of the same portion.
    rows.sort((a, b) => a.record - b.record);
    for (const { row } of rows) {
      this.#file.append(Buffer.from(row));
      await this.#file.settle();
    }
  }

  /** Completes the file, or removes it if it lists nothing. @returns its SHA-256, or undefined. */
  async finish(): Promise<string | undefined> {
    if (!this.#empty) return (await this.#file.finish()).sha256;
    await this.close();
    await removeDurably(this.#file.path);
    return undefined;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#file.close();
  }
}
