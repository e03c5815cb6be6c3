import { expect, test } from 'vitest';
import { parseSubmitted, refusalOf } from './parse-submitted.js';

test('the id that sbatch prints', () => {
  expect(parseSubmitted('12\n')).toBe('12');
  expect(parseSubmitted('12;cluster\n')).toBe('12');
  expect(parseSubmitted('Charged to lab\n12\n')).toBe('12');
  expect(parseSubmitted('')).toBeNull();
  expect(parseSubmitted('Submitted batch job 12\n')).toBeNull();
});

test('why sbatch refused, in one line', () => {
  const stderr =
    'sbatch: error: invalid partition specified: nope\nsbatch: error: Batch job submission failed: Invalid partition name specified\n';
  expect(refusalOf(stderr)).toBe(
    'invalid partition specified: nope; Batch job submission failed: Invalid partition name specified',
  );
  expect(refusalOf('')).toBe('it gave no reason');
});
