import { createReadStream } from 'node:fs';
import type { SEQUENCE_COLUMNS } from '@holdfast/run-folder';

/** A line of `sequences.tsv`: its fields as they are written, by column. */
export type SequenceLine = Readonly<Record<(typeof SEQUENCE_COLUMNS)[number], string>>;

/** The lines of `sequences.tsv` of the sequences that have a row, in the rows' order, in lists of some thousand. */
export async function* sequenceLines(path: string): AsyncGenerator<SequenceLine[]> {
  let rest: Buffer = Buffer.alloc(0);
  let header: readonly string[] | null = null;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
    const whole = chunk.lastIndexOf('\n') + 1;
    if (whole === 0) {
      rest = Buffer.concat([rest, chunk]);
      continue;
    }
    const lines = Buffer.concat([rest, chunk.subarray(0, whole - 1)])
      .toString()
      .split('\n');
    rest = chunk.subarray(whole);
    header ??= lines.shift()!.split('\t');
    const columns = header;
    const parsed = lines
      .map((line) => {
        const fields = line.split('\t');
        return Object.fromEntries(columns.map((name, at) => [name, fields[at] ?? ''])) as SequenceLine;
      })
      .filter(({ row }) => row !== '');
    if (parsed.length > 0) yield parsed;
  }
}
