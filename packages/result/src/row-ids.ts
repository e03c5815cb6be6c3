import { createReadStream } from 'node:fs';

const LINE_FEED = 10;

/** The IDs of a result in its rows' order, in lists of some ten thousand. They are UTF-8. */
export async function* rowIds(path: string): AsyncGenerator<string[]> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    const whole = chunk.lastIndexOf(LINE_FEED) + 1;
    if (whole === 0) {
      rest = Buffer.concat([rest, chunk]);
      continue;
    }
    const text = Buffer.concat([rest, chunk.subarray(0, whole - 1)]).toString();
    rest = chunk.subarray(whole);
    yield text.split('\n');
  }
}

/**
 * The rows of some IDs, in one pass over `ids.txt`: nothing is kept but what is asked for.
 *
 * @returns the row of each ID that is there.
 */
export async function findRows(path: string, wanted: Iterable<string>): Promise<Map<string, number>> {
  const missing = new Set(wanted);
  const found = new Map<string, number>();
  let row = 0;
  for await (const ids of rowIds(path)) {
    if (missing.size === 0) break;
    for (const id of ids) {
      if (missing.delete(id)) found.set(id, row);
      row++;
    }
  }
  return found;
}
