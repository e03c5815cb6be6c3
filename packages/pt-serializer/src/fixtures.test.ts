import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { LazyTensor, openPt, PtFormatError } from './index.js';

interface Item {
  path: string;
  kind: string;
  dtype?: string;
  shape?: number[];
  stride?: number[];
  sha256?: string;
  count?: number;
  value?: unknown;
}

const folder = fileURLToPath(new URL('../test/fixtures/', import.meta.url));
const expected = JSON.parse(
  // Python writes numbers that JSON has no word for.
  readFileSync(`${folder}expected.json`, 'utf8').replace(/: (-?Infinity|NaN)\b/g, ': "$1"'),
) as Record<string, { must: string; items?: Item[] }>;
/** Files of formats this package refuses by name. */
const LEGACY = /^legacy_/;

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');

/** Every item of a value by its path, as `expected.json` names them. */
function walk(value: unknown, path: string, found: Map<string, unknown>): Map<string, unknown> {
  found.set(path, value);
  const entries = value instanceof Map ? value.entries() : Array.isArray(value) ? value.entries() : [];
  for (const [key, item] of entries) walk(item, `${path}/${key}`, found);
  return found;
}

for (const [name, { must, items = [] }] of Object.entries(expected)) {
  if (must !== 'load' || LEGACY.test(name)) {
    test(`${name} is refused with a typed error`, async () => {
      const error = await openPt(folder + name).catch((error: unknown) => error);
      expect(error).toBeInstanceOf(PtFormatError);
      expect(error).toMatchObject({ code: 'unsupported', path: folder + name });
    });
    continue;
  }
  test(`${name} holds what PyTorch reads in it`, async () => {
    await using file = await openPt(folder + name);
    await file.verify();
    const found = walk(file.value, '', new Map());
    let compared = 0;
    for (const item of items) {
      const value = found.get(item.path);
      if (item.kind === 'tensor' || item.kind === 'ndarray') {
        expect(value, item.path).toBeInstanceOf(LazyTensor);
        const tensor = value as LazyTensor;
        expect([tensor.kind, tensor.dtype, tensor.shape]).toEqual([item.kind, item.dtype, item.shape]);
        if (item.stride) expect(tensor.stride).toEqual(item.stride);
        expect(sha256(await tensor.readBytes()), item.path).toBe(item.sha256);
      } else if (item.kind === 'strings') {
        expect((value as string[]).length).toBe(item.count);
        expect(sha256((value as string[]).join('\n'))).toBe(item.sha256);
      } else if (item.kind === 'int' && typeof value !== 'bigint') {
        expect(value, item.path).toBe(item.value);
      } else if (['float', 'str', 'bool', 'NoneType'].includes(item.kind)) {
        expect(typeof item.value === 'string' ? String(value) : value, item.path).toEqual(item.value);
      }
      compared++;
    }
    expect(compared).toBe(items.length);
  });
}
