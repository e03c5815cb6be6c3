import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatChecked, parseChecked } from './checked-json.js';

test('what is written is read back; the last field is the SHA-256 of the rest as compact JSON', () => {
  const value = { name: 'é', list: [1, { deep: null }], text: 'a\nb' };
  const text = formatChecked(value);
  expect(parseChecked(text)).toEqual({ value, checked: true });
  const sha256 = createHash('sha256').update(JSON.stringify(value)).digest('hex');
  expect(text.endsWith(`,\n  "sha256": "${sha256}"\n}\n`)).toBe(true);
});

test('a text without a checksum is marked as unchecked', () => {
  expect(parseChecked('{"a": 1}')).toEqual({ value: { a: 1 }, checked: false });
});

test.each(['', '{', '[]', '3', 'null', '{"a":1,"sha256":"0"}', '{"a":1,"sha256":null}'])(
  'refused: %s',
  (text) => {
    expect(() => parseChecked(text)).toThrow();
  },
);

test('every flipped bit is found: it is refused, or only the name of the checksum is damaged', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      fc.pre(!('sha256' in value) && !('__proto__' in value));
      const bytes = Buffer.from(formatChecked(value));
      const rest = JSON.parse(JSON.stringify(value));
      for (let bit = 0; bit < 8 * bytes.length; bit++) {
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        let found: ReturnType<typeof parseChecked> | null = null;
        try {
          found = parseChecked(bytes.toString());
        } catch {
          // Found.
        }
        if (found !== null) {
          expect(found.checked).toBe(false);
          expect(Object.keys(found.value)).toHaveLength(Object.keys(rest).length + 1);
        }
        bytes[bit >> 3]! ^= 1 << (bit & 7);
      }
    }),
    { numRuns: 30 },
  );
});
