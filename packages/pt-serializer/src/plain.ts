import { PtFormatError } from './format-error.js';
import { LazyTensor } from './lazy-tensor.js';
import { MAX_DEPTH } from './limits.js';

interface Frame {
  readonly value: object;
  readonly items: Iterator<unknown>;
  /** Containers within each other in what was seen of it so far. */
  below: number;
}

/**
 * Makes sure that a value consists of data alone (a pickle may end with a bare name or an unfinished object) and is not
 * nested too deep, on its longest path. Each object is visited once, however often it is shared; cycles are legal.
 *
 * @throws PtFormatError `pickle` or `limit`.
 */
export function checkPlain(root: unknown): void {
  const heights = new Map<object, number>();
  const open = new Set<object>();
  const frames: Frame[] = [];
  const enter = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const items = itemsOf(value);
    if (items === null || open.has(value)) return;
    const height = heights.get(value) ?? 1;
    if (frames.length + height > MAX_DEPTH) {
      throw new PtFormatError('limit', `it is nested deeper than ${MAX_DEPTH}`);
    }
    const parent = frames.at(-1);
    if (parent) parent.below = Math.max(parent.below, height);
    if (heights.has(value)) return;
    open.add(value);
    frames.push({ value, items, below: 0 });
  };
  enter(root);
  for (let frame = frames.at(-1); frame; frame = frames.at(-1)) {
    const next = frame.items.next();
    if (!next.done) {
      enter(next.value);
      continue;
    }
    frames.pop();
    open.delete(frame.value);
    heights.set(frame.value, frame.below + 1);
    const parent = frames.at(-1);
    if (parent) parent.below = Math.max(parent.below, frame.below + 1);
  }
}

/** What is in a container; null for data that hold nothing. */
function itemsOf(value: object): Iterator<unknown> | null {
  if (Array.isArray(value) || value instanceof Map || value instanceof Set) return value.values();
  if (value instanceof LazyTensor || value instanceof Uint8Array) return null;
  throw new PtFormatError('pickle', 'a name or an unfinished object stands where data should be');
}
