import { classifyError } from '@holdfast/coordinator';
import { expect, test } from 'vitest';
import { NonFiniteRowsError } from './non-finite-rows-error.js';

const sequence = (ordinal: number, id = `s${ordinal}`) => ({
  row: 0,
  ordinal,
  id,
  place: 'column 3',
  value: Number.NaN,
});

test('the error names batch, sequence and column, and counts as poison whatever the IDs contain', () => {
  const many = Array.from({ length: 7 }, (_, i) => sequence(40 + i));
  expect(new NonFiniteRowsError({ name: 'esm' }, 9, many).message).toMatch(
    /^batch 9: esm gave 7 rows with NaN or Inf \(sequence 40 \("s40"\): NaN in column 3; .*"s44".*; and 2 more\); leave/,
  );
  for (const id of ['a', 'SIGTERM_7', 'preempted', 'out_of_memory']) {
    const { code, message } = new NonFiniteRowsError({ name: 'esm' }, 9, [sequence(1, id)]);
    expect([id, classifyError({ exitcode: 1, error: code, errorMessage: message })]).toEqual([
      id,
      'poison_input',
    ]);
  }
});
