import { open } from 'node:fs/promises';

const LINE_FEED = 10;
/** Bytes that are read at a time. */
const PIECE = 1 << 20;

/** A line of `ids.txt`, without its line feed: bytes `[start, end)` of `bytes`, which are valid until `visit` returns. */
export type VisitId = (row: number, hash: number, bytes: Buffer, start: number, end: number) => boolean;

/**
 * Visits each ID of `ids.txt`, in the rows' order, without making a string of it. Ends early once `visit` returns false.
 */
export async function eachId(path: string, visit: VisitId): Promise<void> {
  const file = await open(path, 'r');
  try {
    let buffer = Buffer.allocUnsafe(PIECE);
    /** Bytes of an unfinished line at the buffer's beginning. */
    let held = 0;
    let row = 0;
    for (;;) {
      if (held === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2);
      const { bytesRead } = await file.read(buffer, held, buffer.length - held);
      if (bytesRead === 0) return;
      const filled = held + bytesRead;
      const seen = visitLines(buffer, filled, row, visit);
      if (seen === null) return;
      row = seen.row;
      buffer.copyWithin(0, seen.start, filled);
      held = filled - seen.start;
    }
  } finally {
    await file.close();
  }
}

/** Visits the whole lines of the buffer. @returns the next row and where its line begins; null if `visit` wants no more. */
function visitLines(
  buffer: Buffer,
  filled: number,
  first: number,
  visit: VisitId,
): { row: number; start: number } | null {
  let row = first;
  let start = 0;
  let hash = SEED;
  // One loop finds the line's end and its hash: a call of indexOf for each line would cost more than the line.
  for (let at = 0; at < filled; at++) {
    const byte = buffer[at]!;
    if (byte !== LINE_FEED) hash = Math.imul(hash ^ byte, PRIME);
    else {
      if (!visit(row++, mixed(hash), buffer, start, at)) return null;
      start = at + 1;
      hash = SEED;
    }
  }
  return { row, start };
}

const SEED = 0x811c9dc5;
const PRIME = 0x01000193;

/** FNV-1a of some bytes with a last mixing, as an unsigned number of 32 bits. */
export function hashOf(bytes: Uint8Array): number {
  let hash = SEED;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, PRIME);
  return mixed(hash);
}

function mixed(fnv: number): number {
  let hash = Math.imul(fnv ^ (fnv >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
