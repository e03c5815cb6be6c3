import {
  LazyTensor,
  NumpyScalar,
  NumpyStrings,
  PtFloat,
  PtFormatError,
  PtOpaque,
} from '@holdfast/pt-serializer';
import { isLongInt, keyText, repr, typeName } from './python.js';

/** One thing in a `.pt` and the keys and indices that lead to it, each after a `/`. */
export type Item = { path: string } & (
  | { kind: 'tensor' | 'ndarray'; tensor: LazyTensor }
  | { kind: 'ndarray'; texts: NumpyStrings }
  | { kind: 'strings'; strings: readonly string[] }
  | { kind: 'numbers'; numbers: readonly unknown[] }
  /** `value` as JSON or, if JSON has no such type, in Python's notation. */
  | { kind: string; value: string | number | bigint | boolean | null | PtFloat }
);

/** Most values listed. Shared values are listed each time, and a hostile file can share exponentially. */
const MOST_VALUES = 10_000_000;
/** Characters of all their paths and texts at most. */
const MOST_CHARACTERS = 2 ** 28;
/** A longer list of numbers is one item. */
const LONG = 16;

interface Frame {
  container: object;
  path: string;
  items: Iterator<readonly [unknown, unknown]>;
}

/**
 * Everything a `.pt` holds, in its order, cut into items as `check_pt.py` does. An object of an unknown class is an
 * item with the name of the class, followed by its parts.
 *
 * @param root the value of a file opened with `exact`.
 * @throws PtFormatError (`limit`) for a listing that would be endless.
 */
export function* itemsOf(root: unknown): Generator<Item> {
  let values = 0;
  let characters = 0;
  const open = new Set<object>();
  const frames: Frame[] = [];
  const kinds = new Map<object, 'strings' | 'numbers' | null>();
  const enter = (value: unknown, path: string): Item | null => {
    characters += path.length;
    const item = leafOf(value, path, kinds);
    if (item && 'value' in item && typeof item.value === 'string') characters += item.value.length;
    if (++values > MOST_VALUES) throw endless(`${MOST_VALUES} values`);
    if (characters > MOST_CHARACTERS) throw endless(`${MOST_CHARACTERS} characters`);
    if (item) return item;
    const container = value as unknown[] | Map<unknown, unknown> | PtOpaque;
    if (open.has(container)) return { path, kind: typeName(value), value: '(itself)' };
    open.add(container);
    const opaque = container instanceof PtOpaque;
    frames.push({ container, path, items: opaque ? container.parts() : container.entries() });
    return opaque ? { path, kind: typeName(value), value: `${container.module}.${container.name}` } : null;
  };
  const first = enter(root, '');
  if (first) yield first;
  for (let frame = frames.at(-1); frame; frame = frames.at(-1)) {
    const { done, value: entry } = frame.items.next();
    if (done) {
      open.delete(frame.container);
      frames.pop();
      continue;
    }
    const item = enter(entry[1], `${frame.path}/${keyText(entry[0])}`);
    if (item) yield item;
  }
}

function endless(most: string): PtFormatError {
  return new PtFormatError('limit', `its listing has more than ${most}: it shares what it holds many times`);
}

/** A value as one item; null for a container of items. */
function leafOf(value: unknown, path: string, kinds: Map<object, 'strings' | 'numbers' | null>): Item | null {
  if (Array.isArray(value)) {
    // Long lists are looked through once, however often they are referred to.
    let kind = kinds.get(value);
    if (kind === undefined) {
      kind = kindOf(value);
      if (value.length > LONG) kinds.set(value, kind);
    }
    if (kind === 'strings') return { path, kind, strings: value };
    return kind === 'numbers' ? { path, kind, numbers: value } : null;
  }
  if (value instanceof Map || value instanceof PtOpaque) return null;
  if (value instanceof LazyTensor) return { path, kind: value.kind, tensor: value };
  if (value instanceof NumpyStrings) return { path, kind: 'ndarray', texts: value };
  return { path, kind: typeName(value), value: plainValue(value) };
}

function kindOf(list: readonly unknown[]): 'strings' | 'numbers' | null {
  if (list.length > 0 && list.every((item) => typeof item === 'string')) return 'strings';
  return list.length > LONG && list.every(isNumber) ? 'numbers' : null;
}

/** Whether Python calls it an int or a float; numpy's float64 is one, too. */
function isNumber(value: unknown): boolean {
  if (value instanceof NumpyScalar) return value.dtype === 'float64';
  return value instanceof PtFloat || ['number', 'bigint', 'boolean'].includes(typeof value);
}

/** The double of what a list of numbers holds. */
export function doubleOf(value: unknown): number {
  return Number(value instanceof NumpyScalar ? value.value : value);
}

function plainValue(value: unknown): string | number | bigint | boolean | null | PtFloat {
  if (value === null || value instanceof PtFloat) return value;
  if (value instanceof NumpyScalar && value.dtype === 'float64') return new PtFloat(doubleOf(value));
  if (typeof value === 'object' || isLongInt(value)) return repr(value);
  return value as string | number | bigint | boolean;
}
