import type { SequenceIndex } from '../index-store/index.js';
import type { FrameRows } from '../translate/index.js';
import type { LetterCounts } from './letter-counts.js';
import type { LetterPlan } from './letter-plan.js';
import { LetterSink } from './letter-sink.js';

/** Residues gone through at a time. */
const PORTION = 64 * 1024;

/**
 * Counts the letters of an index that an earlier version made, which counted none.
 *
 * @param plan has nothing changed, as that version changed nothing. @throws IndexError; the signal's reason.
 */
export async function countLetters(
  index: SequenceIndex,
  plan: LetterPlan,
  signal: AbortSignal,
): Promise<LetterCounts> {
  const sink = new LetterSink(nowhere(), plan);
  for (let at = 0; at < index.sequences; ) {
    signal.throwIfAborted();
    const { first, end, order } = await index.windowAt(at);
    const ids = await index.ids(first, end);
    const residues = await index.residues(first, end);
    const places = new Uint32Array(order.length);
    for (const [place, ordinal] of order.entries()) places[ordinal - first] = place;
    // In input order, as the first IDs are named.
    for (const place of places) count(sink, ids[place]!, residues[place]!);
    at = end;
  }
  return sink.counts;
}

function count(sink: LetterSink, id: string, residues: Uint8Array): void {
  sink.header(Buffer.from(id), 0, 0);
  for (let at = 0; at < residues.length; at += PORTION) {
    const portion = residues.subarray(at, at + PORTION);
    sink.appendResidues((staged, to) => {
      staged.set(portion, to);
      return to + portion.length;
    });
  }
  sink.end(residues.length);
}

/** Rows that nobody wants. */
function nowhere(): FrameRows {
  const staged = new Uint8Array(PORTION + 1);
  return {
    header: () => undefined,
    appendResidues: (fill) => void fill(staged, 0),
    end: () => undefined,
    settle: async () => undefined,
    inputWith: () => null,
  };
}
