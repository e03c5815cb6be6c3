import { expect, test } from 'vitest';
import { placeInRow, placeInValues } from './place-of-number.js';

const source = {
  dim: 9,
  recipe: {
    more: {
      rows: [{ name: 'cls.layer_2', of: 'a', pooling: 'cls' as const, dim: 4 }],
      tokens: [{ name: 'per_token.layer_2', of: 'a', dim: 4 }],
      pairs: [{ name: 'contacts', of: 'contacts' }],
    },
  },
};

test('a message names a number by its output and column', () => {
  const places = Array.from({ length: 9 }, (_, column) => placeInRow(column, source));
  expect([places[0], places[4], places[5], places[8]]).toEqual([
    'column 0',
    'column 4',
    'column 0 of cls.layer_2',
    'column 3 of cls.layer_2',
  ]);
  expect(placeInRow(2, { dim: 3 })).toBe('column 2');
});

test('a message names a number of tokens by its token, or its pair of tokens', () => {
  expect([0, 11, 12, 16, 20].map((at) => placeInValues(at, 3, source))).toEqual([
    'column 0 of token 0 in per_token.layer_2',
    'column 3 of token 2 in per_token.layer_2',
    'tokens 0 and 0 in contacts',
    'tokens 1 and 1 in contacts',
    'tokens 2 and 2 in contacts',
  ]);
});
