import { expect, test } from 'vitest';
import { sha256 } from '../test/digest.js';
import { expected, FIXTURES, type Item } from '../test/expected.js';
import { PtFormatError } from './format-error.js';
import { openPt } from './open.js';
import { LazyTensor } from './tensors/lazy-tensor.js';
import { NumpyScalar, PtFloat, PtFrozenSet } from './values.js';

/** Every item of a value by `expected.json`'s path. */
function walk(value: unknown, path: string, found: Map<string, unknown>): Map<string, unknown> {
  found.set(path, value);
  const entries = value instanceof Map ? value.entries() : Array.isArray(value) ? value.entries() : [];
  for (const [key, item] of entries) walk(item, `${path}/${key}`, found);
  return found;
}

/** A plain value in Python's notation, as in `expected.json`. */
function python(value: unknown): unknown {
  if (value instanceof Uint8Array) {
    const escaped = Array.from(value, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`);
    return `b'${escaped.join('')}'`;
  }
  if (value instanceof PtFloat || value instanceof NumpyScalar) return python(value.value);
  if (value instanceof Set) return `{${[...value]}}`;
  if (value === true || value === false) return value ? 'True' : 'False';
  return value === null ? 'None' : String(value);
}

/** The Python type of a plain value, as in `expected.json`. */
function kindOf(value: unknown): string {
  if (value === null) return 'NoneType';
  if (value instanceof NumpyScalar) return value.dtype === 'bool' ? 'bool_' : value.dtype;
  if (value instanceof PtFrozenSet) return 'frozenset';
  if (value instanceof Set) return 'set';
  if (value instanceof PtFloat) return 'float';
  if (value instanceof Uint8Array) return 'bytes';
  return { string: 'str', boolean: 'bool' }[typeof value as string] ?? 'int';
}

async function compare(value: unknown, item: Item): Promise<void> {
  const { path, kind } = item;
  if (kind === 'tensor' || kind === 'ndarray') {
    expect(value, path).toBeInstanceOf(LazyTensor);
    const tensor = value as LazyTensor;
    expect([tensor.kind, tensor.dtype, tensor.shape], path).toEqual([kind, item.dtype, item.shape]);
    if (item.stride) expect(tensor.stride, path).toEqual(item.stride);
    if (kind === 'tensor') expect(tensor.requiresGrad, path).toBe(item.requires_grad ?? false);
    const bytes = await tensor.readBytes();
    expect(sha256(bytes), path).toBe(item.sha256);
    expect(bytes.byteOffset % 16, `${path} is aligned`).toBe(0);
    const [rows] = tensor.shape;
    if (rows) expect(await tensor.readRows(rows - 1, rows)).toEqual(bytes.slice(-bytes.length / rows));
  } else if (kind === 'strings') {
    expect((value as string[]).length, path).toBe(item.count);
    expect(sha256((value as string[]).join('\n')), path).toBe(item.sha256);
  } else if (kind === 'numbers') {
    expect((value as unknown[]).length, path).toBe(item.count);
    const doubles = Float64Array.from(value as unknown[], Number);
    expect(sha256(new Uint8Array(doubles.buffer)), path).toBe(item.sha256_float64);
  } else {
    expect(kindOf(value), path).toBe(kind);
    const wanted = typeof item.value === 'string' ? item.value : python(item.value);
    expect(python(value), `${path} (${kind})`).toBe(String(wanted).replace(/^frozenset\((.*)\)$/, '$1'));
  }
}

for (const [name, { must, keys, items = [] }] of Object.entries(expected)) {
  if (must !== 'load') {
    test(`${name} is refused with a typed error`, async () => {
      const error = await openPt(FIXTURES + name).catch((error: unknown) => error);
      expect(error).toBeInstanceOf(PtFormatError);
      expect(error).toMatchObject({ code: 'unsupported', path: FIXTURES + name });
    });
    continue;
  }
  test(`${name} gives what PyTorch reads in it`, async () => {
    await using file = await openPt(FIXTURES + name, { exact: true });
    await file.verify();
    if (keys) expect([...(file.value as Map<unknown, unknown>).keys()].map(String)).toEqual(keys.map(String));
    const found = walk(file.value, '', new Map());
    for (const item of items) await compare(found.get(item.path), item);
    expect(items.length).toBeGreaterThan(0);
  });
}
