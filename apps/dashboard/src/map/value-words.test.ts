import { expect, it } from 'vitest';
import { valueWords } from './value-words.js';

it('says what colours a point', () => {
  const family = {
    header: { kind: 'category', name: 'family', names: ['(no label)', 'x'] } as const,
    data: Uint16Array.of(1, 0),
  };
  const colour = { ...family, header: { ...family.header, names: [...family.header.names] } };
  expect([0, 1, 2, null].map((point) => valueWords(colour, point))).toEqual([
    'family: x',
    'family: (no label)',
    null,
    null,
  ]);
  const score = {
    header: { kind: 'number', name: 'score', low: 0, high: 1 } as const,
    data: Float32Array.of(0.93, Number.NaN, 12_345),
  };
  expect([0, 1, 2].map((point) => valueWords(score, point))).toEqual(['score: 0.93', null, 'score: 12,345']);
  expect(valueWords(null, 0)).toBeNull();
});
