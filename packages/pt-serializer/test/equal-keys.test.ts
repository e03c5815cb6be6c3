import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openPt } from '../src/open.js';
import { EqualKeys } from '../src/pickle/equal-keys.js';
import type { PtValue } from '../src/tensors/pt-value.js';
import {
  NumpyScalar,
  PtComplex,
  PtDevice,
  PtDType,
  PtFloat,
  PtFrozenSet,
  type PtTuple,
  tuple,
} from '../src/values.js';
import { encodePt } from '../src/write.js';
import { hasTorch, python } from './torch.js';

const bytes = (...items: number[]) => Uint8Array.from(items);
const nested = (leaf: unknown) => tuple<unknown>(tuple(leaf, bytes(1)), new PtFrozenSet([leaf, 'a']));

/** Hashable values, many of them equal in Python. */
const values: unknown[] = [
  [0, -0, false, new PtFloat(-0), 0n, new PtComplex(0, -0), null],
  [1, true, 1n, new PtFloat(1), new PtComplex(1, 0), new NumpyScalar('int8', 1), -1, new PtComplex(1, -1)],
  [0.5, new PtFloat(0.5), new PtComplex(0.5, 0), new PtComplex(0, 0.5), Number.POSITIVE_INFINITY],
  [2n ** 70n, new PtFloat(2 ** 70), 2 ** 70, 2n ** 70n + 1n, -(2n ** 70n), 1e300, BigInt(1e300), 2n ** 53n],
  [NaN, new PtFloat(NaN), tuple(NaN), tuple(NaN)],
  ['', '1', 's1', '#0', 'a', 'null'],
  [bytes(), bytes(1), bytes(1), bytes(1, 0), bytes(35, 48)],
  [
    tuple(),
    tuple(1),
    tuple(true),
    tuple(new PtFloat(1)),
    tuple('1'),
    tuple(1, 1),
    tuple(tuple(1)),
    tuple(null),
  ],
  [tuple('a', 'b'), tuple('a1 b'), tuple('a', ''), tuple('', 'a'), tuple(bytes(1)), tuple(bytes(1))],
  [new PtFrozenSet(), new PtFrozenSet([1]), new PtFrozenSet([1, 2]), new PtFrozenSet([2, true])],
  [new PtFrozenSet(['a', 'b']), new PtFrozenSet(['b', 'a']), tuple('a', 'b'), tuple('b', 'a')],
  [nested(1), nested(true), nested(2), nested(bytes(2)), nested(bytes(2))],
  [new PtDType('float32'), new PtDType('float32'), new PtDType('int8'), tuple(new PtDType('int8'))],
  [new PtDevice('cpu', null), new PtDevice('cpu', null), new PtDevice('cuda', 0), new PtDevice('cuda', 1)],
].flat();

test('two keys have the same name if and only if they are equal in real Python', async () => {
  if (!hasTorch()) return;
  const path = join(await mkdtemp(join(tmpdir(), 'pt-')), 'keys.pt');
  await writeFile(path, await encodePt(values as PtValue));
  const script = `
import json, sys, torch
values = torch.load(sys.argv[1])
print(json.dumps([[int(len({a, b}) == 1) for b in values] for a in values]))`;
  const equal = python(script, path) as number[][];
  const keys = new EqualKeys();
  const names = values.map((value) => keys.nameOf(value));
  for (const [i, one] of names.entries())
    for (const [j, other] of names.entries())
      expect(Number(one === other), `values ${i} and ${j}: ${one} and ${other}`).toBe(equal[i]![j]);
});

test.each<[string, unknown]>([
  [
    '1',
    new Map<unknown, unknown>([
      [true, 'a'],
      [1, 'b'],
    ]),
  ],
  [
    '1',
    new Map<unknown, unknown>([
      [1n, 'a'],
      ['x', 'b'],
      [1, 'c'],
    ]),
  ],
  ['false', new Set([0, 'x', false])],
  ['(…)', new PtFrozenSet([bytes(7), bytes(7)])],
  [
    '(…)',
    new Map<unknown, unknown>([
      [tuple<unknown>('a', 1), 'a'],
      [tuple<unknown>('a', true), 'b'],
    ]),
  ],
])('what Python would hold for the key %s twice is not written', async (key, value) => {
  await expect(encodePt({ rows: [value as PtValue] })).rejects.toThrow(
    new TypeError(
      `/rows/0: ${key} is a duplicate key in Python, where 1, 1.0 and True are one key, as are equal bytes and tuples`,
    ),
  );
});

test('equal keys in several dicts, and keys that only look alike, are written and read', async () => {
  const dict = new Map<unknown, unknown>([
    ['1', 'a'],
    [1, 'b'],
    [tuple(1), 'c'],
    [tuple('1'), 'd'],
  ]);
  const file = await openPt(await encodePt([dict, new Map([[true, dict]]), new Set([1, '1'])]));
  const [first, second, set] = file.value as [Map<unknown, unknown>, Map<unknown, unknown>, Set<unknown>];
  expect([...first.values()]).toEqual(['a', 'b', 'c', 'd']);
  expect(second.get(true)).toBe(first);
  expect(set).toEqual(new Set([1, '1']));
  expect(([...first.keys()][2] as PtTuple)[0]).toBe(1);
});
