import { createReadStream } from 'node:fs';
import { eachId, hashOf } from './id-lines.js';

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
 * The rows of some IDs, in one pass over `ids.txt`: nothing is kept but what is asked for. It ends once all are found.
 *
 * @returns the row of each ID that is there.
 */
export async function findRows(path: string, wanted: Iterable<string>): Promise<Map<string, number>> {
  const missing = new Map<number, { id: string; bytes: Buffer }[]>();
  for (const id of new Set(wanted)) {
    const bytes = Buffer.from(id);
    const hash = hashOf(bytes);
    missing.set(hash, [...(missing.get(hash) ?? []), { id, bytes }]);
  }
  const found = new Map<string, number>();
  if (missing.size === 0) return found;
  await eachId(path, (row, hash, bytes, start, end) => {
    const candidates = missing.get(hash);
    if (candidates === undefined) return true;
    const at = candidates.findIndex((each) => bytes.compare(each.bytes, 0, undefined, start, end) === 0);
    if (at < 0) return true;
    found.set(candidates[at]!.id, row);
    candidates.splice(at, 1);
    if (candidates.length === 0) missing.delete(hash);
    return missing.size > 0;
  });
  return found;
}
