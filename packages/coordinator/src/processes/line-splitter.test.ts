import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineSplitter } from './line-splitter.js';

function split(pieces: readonly string[], limit = 8): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line), limit);
  for (const piece of pieces) splitter.push(piece);
  splitter.end();
  return lines;
}

test('lines are reported without line breaks, empty ones too, and the last needs no line break', () => {
  expect(split(['a\n\nb\r\n', 'c'])).toEqual(['a', '', 'b', 'c']);
  expect(split(['a\n'])).toEqual(['a']);
});

test('a long line is reported once, cut, before its end has arrived', () => {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line), 4);
  splitter.push('12345');
  expect(lines).toEqual(['1234']);
  splitter.push('6789'.repeat(100));
  splitter.push('\nnext\n');
  expect(lines).toEqual(['1234', 'next']);
});

test('the result does not depend on how the text was cut into pieces', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 60 });
  fc.assert(
    fc.property(letters, fc.array(fc.nat(60)), (text, cuts) => {
      const at = [0, ...cuts.filter((cut) => cut < text.length).sort((a, b) => a - b), text.length];
      const pieces = at.slice(1).map((to, i) => text.slice(at[i], to));
      const whole = text.split('\n').map((line) => line.slice(0, 8));
      if (whole.at(-1) === '') whole.pop();
      expect(split(pieces)).toEqual(whole);
    }),
  );
});
