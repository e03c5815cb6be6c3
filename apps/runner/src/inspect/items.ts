import { createHash } from 'node:crypto';
import { LazyTensor, NumpyScalar, PtFloat } from '@holdfast/pt-serializer';
import { keyText, repr, typeName } from './python.js';

/** One thing in a `.pt` and the keys and indices that lead to it, each after a `/`. */
export type Item = { path: string } & (
  | { kind: 'tensor' | 'ndarray'; tensor: LazyTensor }
  | { kind: 'strings'; strings: readonly string[] }
  | { kind: 'numbers'; numbers: Float64Array }
  /** `value` as JSON has it or, where JSON has no such thing, in Python's words. */
  | { kind: string; value: string | number | bigint | boolean | null | PtFloat }
);

/** Steps at most: what is shared is listed each time, and a hostile file can share exponentially. */
const MOST_STEPS = 10_000_000;
/** A longer list of numbers is one item. */
const LONG = 16;

/**
 * Everything a `.pt` holds, in its order, cut into items as `check_pt.py` does.
 *
 * @param root the value of a file opened with `exact`.
 * @throws RangeError for more than ten million values.
 */
export function* itemsOf(root: unknown): Generator<Item> {
  let steps = 0;
  const around = new Set<unknown>();
  function* walk(value: unknown, path: string): Generator<Item> {
    if (++steps > MOST_STEPS) throw new RangeError(`it lists more than ${MOST_STEPS} values`);
    const list = Array.isArray(value);
    if (list && value.length > 0 && value.every((item) => typeof item === 'string')) {
      yield { path, kind: 'strings', strings: value };
    } else if (list && value.length > LONG && value.every(isNumber)) {
      yield { path, kind: 'numbers', numbers: Float64Array.from(value as unknown[], Number) };
    } else if (list || value instanceof Map) {
      if (around.has(value)) return yield { path, kind: typeName(value), value: '(itself)' };
      around.add(value);
      for (const [key, item] of value.entries()) yield* walk(item, `${path}/${keyText(key)}`);
      around.delete(value);
    } else if (value instanceof LazyTensor) {
      yield { path, kind: value.kind, tensor: value };
    } else {
      yield { path, kind: typeName(value), value: plainValue(value) };
    }
  }
  yield* walk(root, '');
}

/** Whether Python calls it an int or a float; numpy's float64 is one, too. */
function isNumber(value: unknown): boolean {
  if (value instanceof NumpyScalar) return value.dtype === 'float64';
  return value instanceof PtFloat || ['number', 'bigint', 'boolean'].includes(typeof value);
}

function plainValue(value: unknown): string | number | bigint | boolean | null | PtFloat {
  if (value === null || value instanceof PtFloat) return value;
  if (value instanceof NumpyScalar && value.dtype === 'float64') return new PtFloat(Number(value.value));
  if (typeof value === 'object') return repr(value);
  return value as string | number | bigint | boolean;
}

/** Bytes of a tensor held at once. */
const CHUNK = 1 << 24;

/** The SHA-256 of a tensor's elements: row-major, little-endian. */
export async function sha256Of(tensor: LazyTensor): Promise<string> {
  const hash = createHash('sha256');
  const [rows] = tensor.shape;
  if (rows === undefined || tensor.byteLength <= CHUNK) {
    hash.update(await tensor.readBytes());
  } else {
    const step = Math.max(1, Math.floor(CHUNK / (tensor.byteLength / rows)));
    for (let at = 0; at < rows; at += step) hash.update(await tensor.readRows(at, Math.min(rows, at + step)));
  }
  return hash.digest('hex');
}
