import { createHash } from 'node:crypto';
import { NumpyScalar, PtFloat } from '@holdfast/pt-serializer';
import { expect, test } from 'vitest';
import { Digests } from './digests.js';
import { doubleOf, itemsOf } from './items.js';
import { keyText } from './python.js';

test('numbers of numpy in a long list are numbers like any others', () => {
  const plain = Array.from({ length: 17 }, (_, i) => i / 2);
  const numbers = plain.map((value) => new NumpyScalar('float64', value));
  const [item] = [...itemsOf(numbers)];
  expect(item).toMatchObject({ kind: 'numbers', numbers });
  expect(numbers.map(doubleOf)).toEqual(plain);
  const digests = new Digests(1000);
  expect(digests.ofNumbers(numbers)).toBe(digests.ofNumbers(plain.map((value) => new PtFloat(value))));
});

test('strings are hashed joined by line feeds, however many there are', () => {
  const many = Array.from({ length: 300_000 }, (_, i) => `read_${i}`);
  for (const strings of [[''], ['', ''], ['a', '', 'é'], many]) {
    const expected = createHash('sha256').update(strings.join('\n')).digest('hex');
    expect(new Digests(1000).ofStrings(strings)).toBe(expected);
  }
});

test('an int that few bytes can make endless in words is listed as one', () => {
  const long = 1n << 30_000n;
  const text = '(an int of more than 4300 digits)';
  expect([...itemsOf(new Map<unknown, unknown>([[long, -long]]))]).toEqual([
    { path: `/${text}`, kind: 'int', value: text },
  ]);
});

test('a list that holds itself is listed once, and one held twice, twice', () => {
  const inner = [1, null];
  const outer: unknown[] = [inner, inner];
  outer.push(outer);
  expect([...itemsOf(outer)].map(({ path }) => path)).toEqual(['/0/0', '/0/1', '/1/0', '/1/1', '/2']);
});

test.each([
  [0.1, '0.1'],
  [1e-7, '1e-07'],
  [1e16, '1e+16'],
  [Number.NaN, 'nan'],
  [7, '7'],
  [2n ** 70n, '1180591620717411303424'],
])('the key %s is shown as Python does', (key, shown) => {
  expect(keyText(key)).toBe(shown);
});
