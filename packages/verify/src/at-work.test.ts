import { expect, test } from 'vitest';
import { lockedInodes } from './at-work.js';

test('locks of open files are found, and who waits for one or locks otherwise is not', () => {
  const text = `1: OFDLCK ADVISORY  WRITE -1 fe:00:2146773 0 EOF
1: -> OFDLCK ADVISORY  WRITE -1 fe:00:2146774 0 EOF
2: POSIX  ADVISORY  WRITE 4321 08:02:99 0 EOF
3: FLOCK  ADVISORY  WRITE 4321 08:02:98 0 EOF
4: OFDLCK ADVISORY  READ  -1 00:2f:17 5 5
`;
  expect([...lockedInodes(text)]).toEqual([2146773, 17]);
  expect([...lockedInodes('')]).toEqual([]);
});
