import type { AppendFile } from './append-file.js';
import type { Repeats } from './row-ids.js';

const LINE_FEED = 0x0a;
const PART_BYTES = 128 * 1024;
/** IDs that a warning names. */
const NAMED = 5;

/** Sequences whose IDs got a suffix. */
export interface Renamed {
  sequences: number;
  /** The new IDs of the first ones. */
  first: string[];
}

/**
 * Writes the IDs anew: of records with one ID, the first keeps it, and the next ones get the suffixes `_2`,
 * `_3`, …, in input order. A suffix is left out if that ID is in the input, so no record gets another's ID.
 *
 * @param from the IDs, each followed by a line feed. @param to new files.
 */
export async function suffixIds(
  from: AppendFile,
  to: { ids: AppendFile; offsets: AppendFile },
  { repeats, tail, isTaken }: { repeats: Repeats; tail: number; isTaken(base: Uint8Array): boolean },
): Promise<Renamed> {
  const { ordinals, rows, groups } = repeats;
  const renamed: Renamed = { sequences: 0, first: [] };
  /** The last suffix of each ID. */
  const last = new Map<number, number>();
  let next = 0;
  let suffix = Buffer.alloc(0);
  let ordinal = 0;
  const changed = (id: Uint8Array): Uint8Array => {
    if (next === ordinals.length || ordinal < ordinals.at(next)) return id;
    const base = id.subarray(0, id.length - tail);
    if (ordinal === ordinals.at(next)) {
      const group = groups.at(next);
      let number = last.get(group) ?? 1;
      do suffix = Buffer.from(`_${++number}`);
      while (isTaken(Buffer.concat([base, suffix])));
      last.set(group, number);
    }
    if (ordinal + 1 === ordinals.at(next) + rows.at(next)) next++;
    const now = Buffer.concat([base, suffix, id.subarray(id.length - tail)]);
    renamed.sequences++;
    if (renamed.first.length < NAMED) renamed.first.push(now.toString('utf8'));
    return now;
  };
  to.offsets.appendU64(0);
  for await (const id of linesOf(from)) {
    to.ids.append(changed(id));
    to.ids.appendByte(LINE_FEED);
    to.offsets.appendU64(to.ids.length);
    await to.ids.settle();
    await to.offsets.settle();
    ordinal++;
  }
  return renamed;
}

async function* linesOf(file: AppendFile): AsyncGenerator<Uint8Array> {
  let left: Buffer = Buffer.alloc(0);
  for (let at = 0; at < file.length; at += PART_BYTES) {
    const part = file.readBack(at, Math.min(PART_BYTES, file.length - at));
    const text = left.length === 0 ? part : Buffer.concat([left, part]);
    let start = 0;
    for (let end = text.indexOf(LINE_FEED); end >= 0; end = text.indexOf(LINE_FEED, start)) {
      yield text.subarray(start, end);
      start = end + 1;
    }
    left = text.subarray(start);
  }
}
