import { createReadStream } from 'node:fs';
import { systemErrorCode } from '@holdfast/durable';

/** Where two texts differ first. */
export interface Difference {
  /** Number of the line, from 0. */
  line: number;
  /** The line in the file; null at its end. */
  found: string | null;
  /** The line that is due; null at the end. */
  due: string | null;
}

const LINE_END = 0x0a;

/**
 * Compares a file with the text that is due, in flat memory.
 *
 * @param due in parts, cut anywhere.
 * @param taken called with each line of the file; returns what of it is compared. Default: all.
 * @returns where they differ first, or null; undefined if there is no such file.
 * @throws the signal's reason; errors of the file system.
 */
export async function firstDifference(
  path: string,
  due: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  taken: (line: Uint8Array) => Uint8Array = (line) => line,
): Promise<Difference | null | undefined> {
  const there = lines(createReadStream(path, { signal, highWaterMark: 1 << 18 }));
  const wanted = lines(due);
  try {
    for (let line = 0; ; line++) {
      const [found, expected] = [await there.next(), await wanted.next()];
      if (found.done && expected.done) return null;
      if (!found.done && !expected.done && Buffer.compare(taken(found.value), expected.value) === 0) continue;
      return { line, found: textOf(found), due: textOf(expected) };
    }
  } catch (error) {
    signal.throwIfAborted();
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  } finally {
    await there.return(undefined);
    await wanted.return(undefined);
  }
}

const textOf = ({ value, done }: IteratorResult<Uint8Array, unknown>): string | null =>
  done
    ? null
    : Buffer.from(value as Uint8Array)
        .toString()
        .replace(/\n$/, '');

/** Most characters of a line to show. */
const MOST = 80;

/** A line as messages show it. */
export const shown = (line: string) => JSON.stringify(line.length > MOST ? `${line.slice(0, MOST)}…` : line);

/** Whole lines with their line feeds; the last may have none. */
async function* lines(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, undefined> {
  let rest: Uint8Array = new Uint8Array(0);
  for await (const part of parts) {
    const text = rest.length === 0 ? part : Buffer.concat([rest, part]);
    let at = 0;
    for (let end = text.indexOf(LINE_END); end >= 0; end = text.indexOf(LINE_END, at)) {
      yield text.subarray(at, end + 1);
      at = end + 1;
    }
    rest = Uint8Array.from(text.subarray(at));
  }
  if (rest.length > 0) yield rest;
  return undefined;
}
