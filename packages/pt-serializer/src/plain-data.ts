import { PtFormatError } from './format-error.js';
import { Known } from './pickle/known.js';
import { LazyTensor } from './tensors/lazy-tensor.js';
import { NumpyStrings } from './tensors/numpy-strings.js';
import { StorageRef } from './tensors/storage.js';
import { NumpyScalar, PtComplex, PtDevice, PtDType, PtFloat, PtOpaque, PtOrderedDict } from './values.js';

interface Frame {
  readonly value: object;
  readonly items: Iterator<unknown>;
  /** Nesting depth of its content, as far as seen. */
  below: number;
}

/**
 * Checks that a pickle's value is plain data (a pickle may end with a bare name or an unfinished object) and
 * not nested too deeply. Unless `exact`, replaces floats and numpy's scalars by plain numbers. Visits each
 * object once, however often it is shared; cycles are legal.
 *
 * @throws PtFormatError `pickle` or `limit`.
 */
export function toData(root: unknown, depth: number, exact: boolean, opaque = false): unknown {
  const heights = new Map<object, number>();
  const open = new Set<object>();
  const frames: Frame[] = [];
  const numbers: Change = exact ? (value) => value : plainNumber;
  const change: Change = opaque ? (value) => numbers(withoutName(withoutStorage(value))) : numbers;
  const enter = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const items = itemsOf(value, change);
    if (items === null || open.has(value)) return;
    const height = heights.get(value) ?? 1;
    if (frames.length + height > depth) {
      throw new PtFormatError('limit', `it is nested deeper than ${depth} (limits.depth)`);
    }
    const parent = frames.at(-1);
    if (parent) parent.below = Math.max(parent.below, height);
    if (heights.has(value)) return;
    open.add(value);
    frames.push({ value, items, below: 0 });
  };
  const data = change(root);
  enter(data);
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
  return data;
}

type Change = (value: unknown) => unknown;

const plainNumber: Change = (value) =>
  value instanceof PtFloat || value instanceof NumpyScalar ? value.value : value;

/** A storage that no tensor is a view of. */
const withoutStorage: Change = (value) =>
  value instanceof StorageRef ? new PtOpaque('torch.storage', 'UntypedStorage', [value.storage.size]) : value;

/** A known name that stands by itself, as an argument of something unknown. */
const withoutName: Change = (value) => {
  if (!(value instanceof Known)) return value;
  const dot = value.name.lastIndexOf('.');
  return new PtOpaque(value.name.slice(0, dot), value.name.slice(dot + 1), null);
};

const LEAVES = [LazyTensor, Uint8Array, PtFloat, PtComplex, PtDType, PtDevice, NumpyScalar, NumpyStrings];

/** The objects in a container, after `change`; null for data without content. */
function itemsOf(value: object, change: Change): Iterator<unknown> | null {
  if (Array.isArray(value)) return inArray(value, change);
  if (value instanceof Map) return inMap(value, change);
  if (value instanceof Set) return value.values();
  if (value instanceof PtOpaque) return inOpaque(value, change);
  if (LEAVES.some((leaf) => value instanceof leaf)) return null;
  if (value instanceof StorageRef)
    throw new PtFormatError('unsupported', 'a storage without a tensor; save a tensor of it');
  throw new PtFormatError('pickle', 'it contains a name or an unfinished object instead of data');
}

function* inArray(items: unknown[], change: Change): Generator<unknown> {
  for (let i = 0; i < items.length; i++) {
    // Skips millions of IDs without another step.
    if (typeof items[i] !== 'object') continue;
    items[i] = change(items[i]);
    yield items[i];
  }
}

function* inOpaque(value: PtOpaque, change: Change): Generator<unknown> {
  yield value.args;
  yield value.items;
  yield value.entries;
  value.state = change(value.state);
  yield value.state;
}

function* inMap(dict: Map<unknown, unknown>, change: Change): Generator<unknown> {
  for (const [key, value] of dict) {
    yield key;
    const changed = change(value);
    if (changed !== value) dict.set(key, changed);
    yield changed;
  }
  if (dict instanceof PtOrderedDict) yield dict.attributes;
}
