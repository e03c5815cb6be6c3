import fc from 'fast-check';
import { expect, test } from 'vitest';
import { errorLine, formatQuarantined, parseQuarantined, type Quarantined } from './quarantined.js';

const quarantined: fc.Arbitrary<Quarantined> = fc.record({
  position: fc.maxSafeNat(),
  kind: fc.constantFrom('poison_input', 'oom'),
  attempts: fc.nat(),
  error: fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'binary', minLength: 490, maxLength: 1100 }),
  ),
});

test('a list comes back as it was, its errors as one line', () => {
  fc.assert(
    fc.property(fc.array(quarantined), (list) => {
      const back = list.map((each) => ({ ...each, error: errorLine(each.error) }));
      expect(parseQuarantined(formatQuarantined(list))).toEqual(back);
      // A second pass changes nothing.
      expect(formatQuarantined(back)).toBe(formatQuarantined(list));
    }),
  );
});

test('any error text becomes one line of UTF-8, of at most 500 characters, that no reader of tables can split', () => {
  const units = fc.constantFrom(
    '\t',
    '\r',
    '\n',
    '\v',
    '\x1b',
    '\x85',
    '\u2028',
    '\u2029',
    '\ud83e',
    '🧬',
    'a',
    ' ',
  );
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: units, maxLength: 1500 }), fc.string({ unit: 'binary' })),
      (error) => {
        const line = errorLine(error);
        expect(line.length).toBeLessThanOrEqual(500);
        expect(Buffer.from(line).toString()).toBe(line);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: there must be none.
        expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
        expect(errorLine(line)).toBe(line);
      },
    ),
  );
});

test.each([
  ['of two lines and a tab', 'two\r\nlines,\ta tab\n', 'two lines, a tab'],
  ['of 500 characters', 'x'.repeat(500), 'x'.repeat(500)],
  ['of 501 characters', 'x'.repeat(501), `${'x'.repeat(499)}…`],
  ['that is cut where a character has two halves', `${'x'.repeat(498)}🧬🧬`, `${'x'.repeat(498)}…`],
  ['with half a character', 'a\ud83eb', 'a\ufffdb'],
  ['that is empty', '', ''],
])('an error %s', (_what, error, line) => {
  expect(errorLine(error)).toBe(line);
});

const one = { position: 1, kind: 'oom', attempts: 2, error: 'e' };
test.each<[string, unknown]>([
  ['no text', 7],
  ['nothing', undefined],
  ['no JSON', '[{'],
  ['no list', JSON.stringify(one)],
  ['a list of something else', '[1]'],
  ['a kind that there is not', JSON.stringify([{ ...one, kind: 'spot_preemption' }])],
  ['a position below 0', JSON.stringify([{ ...one, position: -1 }])],
  ['half a position', JSON.stringify([{ ...one, position: 0.5 }])],
  ['no attempts', JSON.stringify([{ ...one, attempts: undefined }])],
  ['an error that is no text', JSON.stringify([{ ...one, error: null }])],
])('%s is no list of ours', (_what, text) => {
  expect(parseQuarantined(text)).toBeNull();
  expect(parseQuarantined(JSON.stringify([one]))).toEqual([one]);
});
