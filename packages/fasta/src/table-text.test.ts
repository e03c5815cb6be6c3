import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MOST_TEXT, tableText } from './table-text.js';

const text = (bytes: Uint8Array) => Buffer.from(tableText(bytes)).toString('utf8');

test.each([
  ['plain text (with = signs) and |bars|', 'plain text (with = signs) and |bars|'],
  ['a\ttab', 'a\\x09tab'],
  ['back\\slash', 'back\\\\slash'],
  ['Überzug 株', 'Überzug 株'],
  ['a\u0085b\u2028c\u007f', 'a\\xc2\\x85b\\xe2\\x80\\xa8c\\x7f'],
])('%j becomes %j', (given, due) => {
  expect(text(Buffer.from(given))).toBe(due);
});

test('of bytes that are not UTF-8, those above 0x7f are escaped', () => {
  expect(text(Buffer.from('\xdcber\\zug', 'latin1'))).toBe('\\xdcber\\\\zug');
});

test('a plain text is not copied', () => {
  const bytes = Buffer.from('plain');
  expect(tableText(bytes)).toBe(bytes);
});

test('the bytes can be had back, and nothing in the text ends a field or a line', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.string({ unit: 'binary' }).map(Buffer.from)),
      (bytes) => {
        const escaped = text(bytes);
        expect(escaped).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
        const back = Buffer.from(escaped)
          .toString('latin1')
          .replace(/\\(\\|x([0-9a-f]{2}))/g, (_, whole: string, hex?: string) =>
            hex === undefined ? whole : String.fromCharCode(Number.parseInt(hex, 16)),
          );
        expect(Buffer.from(back, 'latin1').equals(Buffer.from(bytes))).toBe(true);
      },
    ),
  );
});

test('a long text is cut between characters, and says so; one that just fits is not', () => {
  const fits = Buffer.from('a'.repeat(MOST_TEXT));
  expect(tableText(fits)).toBe(fits);
  fc.assert(
    fc.property(fc.constantFrom('a', '\t', '\\', 'é', '株', '𝄞'), fc.nat(8), (unit, before) => {
      const whole = Buffer.from('x'.repeat(before) + unit.repeat(MOST_TEXT + 1));
      const escaped = tableText(whole);
      expect(escaped.length).toBeLessThanOrEqual(MOST_TEXT);
      expect(escaped.length).toBeGreaterThan(MOST_TEXT - 8);
      expect(Buffer.from(escaped).toString('utf8')).toMatch(/^x*(a+|(\\x09)+|(\\\\)+|é+|株+|(?:𝄞)+)…$/u);
    }),
    { numRuns: 30 },
  );
});
