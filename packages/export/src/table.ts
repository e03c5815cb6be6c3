import type { SequenceLine } from '@holdfast/result';
import { RunFolderError } from '@holdfast/run-folder';
import { Block } from './block.js';
import type { ExportSource } from './export-source.js';

/** A column beside the rows: what the table of sequences says of each. */
export interface TableColumn {
  name: keyof SequenceLine;
  kind: 'text' | 'integer' | 'flag';
  /** Whether a sequence may have no value. */
  nullable: boolean;
}

/** The columns of `sequences.tsv` that say something of a row; `quarantined` is no, and `row` the place of the row. */
export const TABLE_COLUMNS: readonly TableColumn[] = [
  { name: 'ordinal', kind: 'integer', nullable: false },
  { name: 'description', kind: 'text', nullable: false },
  { name: 'file', kind: 'text', nullable: false },
  { name: 'length', kind: 'integer', nullable: false },
  { name: 'tokens', kind: 'integer', nullable: true },
  { name: 'truncated', kind: 'flag', nullable: true },
  { name: 'duplicate_of', kind: 'integer', nullable: true },
  { name: 'shard', kind: 'integer', nullable: false },
  { name: 'batch', kind: 'integer', nullable: false },
];

/** The columns of a source beside its IDs. */
export const columnsOf = ({ lines }: Pick<ExportSource, 'lines'>): readonly TableColumn[] =>
  lines === null ? [] : TABLE_COLUMNS;

/** The value of a number or a flag of a sequence; null if it has none. */
export function numberIn(line: SequenceLine, { name, kind }: TableColumn): number | null {
  const text = line[name];
  if (text === '') return null;
  return kind === 'flag' ? Number(text === 'yes') : Number(text);
}

/** Rows with their IDs and their lines of the table. */
export class Batch extends Block {
  /** @param lines empty if the source has no table. */
  constructor(
    { first, rows, dtype, bytes }: Block,
    readonly ids: string[],
    readonly lines: SequenceLine[],
  ) {
    super(first, rows, dtype, bytes);
  }
}

/** All rows of a source, so many at a time. @throws RunFolderError if a list of the result ends early. */
export async function* batches(source: ExportSource, rows: number): AsyncGenerator<Batch> {
  const ids = new Taker(source.ids(), 'ids.txt');
  const lines = source.lines && new Taker(source.lines(), 'sequences.tsv');
  try {
    for await (const block of source.blocks(rows))
      yield new Batch(block, await ids.take(block.rows), (await lines?.take(block.rows)) ?? []);
  } finally {
    await ids.end();
    await lines?.end();
  }
}

/** Lists of exactly so many items each; the last may have fewer. */
export async function* inParts<T>(
  lists: AsyncIterable<readonly T[]>,
  size: number,
): AsyncGenerator<readonly T[]> {
  let held: readonly T[] = [];
  for await (const list of lists) {
    held = held.length === 0 ? list : [...held, ...list];
    let at = 0;
    for (; at + size <= held.length; at += size) yield held.slice(at, at + size);
    held = held.slice(at);
  }
  if (held.length > 0) yield held;
}

/** Takes so many items at a time from lists of any length. */
export class Taker<T> {
  readonly #lists: AsyncIterator<readonly T[]>;
  #held: readonly T[] = [];
  #at = 0;

  constructor(
    lists: AsyncIterable<readonly T[]>,
    readonly file: string,
  ) {
    this.#lists = lists[Symbol.asyncIterator]();
  }

  async take(count: number): Promise<T[]> {
    const taken: T[] = [];
    for (;;) {
      const part = this.#held.slice(this.#at, this.#at + count - taken.length);
      this.#at += part.length;
      for (const each of part) taken.push(each);
      if (taken.length === count) return taken;
      const { value, done } = await this.#lists.next();
      if (done)
        throw new RunFolderError(
          `${this.file} ends before the rows do; holdfast verify says what to do about the result`,
        );
      this.#held = value;
      this.#at = 0;
    }
  }

  async end(): Promise<void> {
    await this.#lists.return?.();
  }
}
