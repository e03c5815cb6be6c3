import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quarantineLimit, tooManyQuarantined } from './limit.js';

test.each([
  [undefined, 0, 100],
  [undefined, 10_000, 100],
  [undefined, 10_099, 100],
  [undefined, 10_100, 101],
  [undefined, 1_000_000, 10_000],
  [{ count: 0 }, 1_000_000, 0],
  [{ count: 7 }, 3, 7],
  [{ percent: 0 }, 1_000_000, 0],
  [{ percent: 100 }, 41, 41],
  [{ percent: 50 }, 41, 20],
  [{ percent: 0.57 }, 10_000, 57],
])('of %j and %i sequences, at most %i may be quarantined', (limit, sequences, most) => {
  expect(quarantineLimit(limit, sequences)).toBe(most);
});

test('a percentage is counted exactly, whatever its decimals', () => {
  const percent = fc.integer({ min: 0, max: 100_000_000 });
  fc.assert(
    fc.property(percent, fc.nat(1_000_000_000), (millionths, sequences) => {
      const exact = (BigInt(sequences) * BigInt(millionths)) / 100_000_000n;
      expect(quarantineLimit({ percent: Number(`${millionths}e-6`) }, sequences)).toBe(Number(exact));
    }),
    { numRuns: 2000 },
  );
});

const example = (id: string) => ({ id, error: `bad\n${id}` });

test('too many are counted, three of them named with their errors, and what to do is said in one line', () => {
  const said = (ids: string[]) =>
    tooManyQuarantined({ quarantined: 101, limit: 100, examples: ids.map(example), logs: 'out/logs' });
  const rest =
    '; at most 100 may be, so the model or the input is probably broken. See in out/logs what was quarantined so far, then mend what is broken, or allow more with --max-quarantined and rerun the command';
  expect(said([])).toBe(`101 sequence(s) are quarantined${rest}`);
  expect(said(['a'])).toBe(`101 sequence(s) are quarantined, such as a (bad a)${rest}`);
  expect(said(['a', 'b', 'c', 'd'])).toBe(
    `101 sequence(s) are quarantined, such as a (bad a); b (bad b); c (bad c)${rest}`,
  );
});
