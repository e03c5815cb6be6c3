import { createReadStream } from 'node:fs';
import type { Result } from './open-result.js';
import { sequenceLines } from './sequence-lines.js';

/** What is known of a row. */
export interface NamedRow {
  id: string;
  /** As `sequences.tsv` has it; empty in a result of an earlier version, which has no such table. */
  description: string;
}

const LINE_FEED = 10;

/**
 * The IDs and descriptions of some rows, in one pass over `sequences.tsv`, or over `ids.txt` where there is none. Nothing is kept
 * but what is asked for.
 *
 * @returns what is known of each of the rows.
 */
export async function namedRows(
  { record, ids, sequences }: Pick<Result, 'record' | 'ids' | 'sequences'>,
  rows: Iterable<number>,
): Promise<Map<number, NamedRow>> {
  const wanted = [...new Set(rows)].sort((a, b) => a - b);
  const named = new Map<number, NamedRow>();
  if (sequences === null) {
    for await (const [row, id] of someLines(ids, wanted)) named.set(row, { id, description: '' });
  } else if (record.quarantined === undefined || record.quarantined === 0) {
    // Each sequence has a row, and the first line names the columns.
    const lines = wanted.map((row) => row + 1);
    for await (const [line, text] of someLines(sequences, lines)) {
      const [, id = '', description = ''] = text.split('\t', 3);
      named.set(line - 1, { id, description });
    }
  } else {
    const missing = new Set(wanted);
    for await (const lines of sequenceLines(sequences)) {
      if (missing.size === 0) break;
      for (const { row, id, description } of lines)
        if (missing.delete(Number(row))) named.set(Number(row), { id, description });
    }
  }
  return named;
}

/** Some lines of a file, by number from 0. The others are not made into text. @param wanted ascending. */
async function* someLines(path: string, wanted: readonly number[]): AsyncGenerator<[number, string]> {
  let [line, next] = [0, 0];
  /** The beginning of a wanted line that goes on in the next chunk. */
  let begun: Buffer[] = [];
  if (wanted.length === 0) return;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      if (chunk[at] !== LINE_FEED) continue;
      if (line === wanted[next]) {
        yield [line, Buffer.concat([...begun, chunk.subarray(start, at)]).toString()];
        next++;
        if (next === wanted.length) return;
      }
      begun = [];
      line++;
      start = at + 1;
    }
    if (line === wanted[next]) begun.push(chunk.subarray(start));
  }
}
