import { expect, test } from 'vitest';
import { queryWarning } from './query-trouble.js';

test('a warning about queries has no remedy that only a run has', () => {
  expect(queryWarning('1 of 2 sequences contains U; to keep them, add --keep-u --force-restart')).toBe(
    '1 of 2 sequences contains U',
  );
  expect(
    queryWarning(
      'it looks like nucleotides; if they are nucleotides, add --translate --force-restart to embed frames; if they are proteins, ignore this warning',
    ),
  ).toBe('it looks like nucleotides; if they are proteins, ignore this warning');
  expect(queryWarning('1 record cannot be used and is left out (1 no_residues); listed in skipped.tsv')).toBe(
    '1 record cannot be used and is left out (1 no_residues)',
  );
});
