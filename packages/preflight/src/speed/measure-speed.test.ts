import type { Answer } from '@holdfast/process';
import { expect, test } from 'vitest';
import { type SpeedReport, speedOf } from './measure-speed.js';
import { measuringOrder, worthMeasuring } from './measuring-order.js';

const answer = (report: Partial<SpeedReport> | undefined, more: Partial<Answer<SpeedReport>> = {}) => ({
  report: report && { loadMs: 1000, times: {}, memory: 1e8, failed: null, ...report },
  failure: null,
  stage: null,
  stderr: '',
  ...more,
});

test('workers side by side: the mean time of each batch, the slowest start, the most memory', () => {
  const answers = [
    answer({ loadMs: 2000, times: { 0: 100, 2: 400 } }),
    answer({ times: { 0: 300 }, memory: 2e8 }),
  ];
  expect(speedOf(answers, 3)).toEqual({ loadSeconds: 2, seconds: [0.2, null, 0.4], memory: 2e8 });
});

test('one that fails or dies says why, and nothing is guessed from the others', () => {
  const well = answer({ times: { 0: 100 } });
  expect(speedOf([well, answer({ failed: 'the model fails' })], 1)).toBe('the model fails');
  const died = answer(undefined, { failure: { signal: 'SIGKILL' } });
  expect(speedOf([well, died], 1)).toMatch(/SIGKILL/);
});

test('the cheapest batch is measured first, and always; dearer ones only if there is time', () => {
  const batches = [
    { tokens: 4000, longest: 4000 },
    { tokens: 500, longest: 100 },
    { tokens: 500, longest: 50 },
  ];
  expect(measuringOrder(batches)).toEqual([2, 1, 0]);
  expect(worthMeasuring(2, { batches, times: {}, leftMs: -1 })).toBe(true);
  // 8 times the tokens, of 80 times the length.
  expect(worthMeasuring(0, { batches, times: { 2: 1 }, leftMs: 639 })).toBe(false);
  expect(worthMeasuring(0, { batches, times: { 2: 1 }, leftMs: 640 })).toBe(true);
  // What is known of a longer batch says more.
  expect(worthMeasuring(0, { batches, times: { 2: 1, 1: 1 }, leftMs: 320 })).toBe(true);
});
