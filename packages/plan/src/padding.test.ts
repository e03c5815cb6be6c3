import type { ModelSource } from '@holdfast/gpu-runtime';
import { expect, test } from 'vitest';
import { paddingOf } from './padding.js';

const of = (recipe: object) =>
  paddingOf({ recipe: recipe as ModelSource['recipe'] }, { tokens: 90, padded_tokens: 120 });

test('a quarter of the tokens is padding, unless the model takes one sequence a call', () => {
  expect(of({})).toEqual({ tokens: 90, padded_tokens: 120, padding_share: 0.25 });
  expect(of({ singly: true })).toEqual({ tokens: 90, padded_tokens: 90, padding_share: 0 });
});
