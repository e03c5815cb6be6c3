import { expect, test } from 'vitest';
import { formatNote, parseNote } from './lock-note.js';

test.each([
  [{ holder: 'process 1 on a', usualMs: 0 }],
  [{ holder: null, usualMs: 1234 }],
  [{ holder: 'process 4194304 on a.long.name', usualMs: 999_999 }],
])('a note is read as it was written: %j', (note) => {
  const text = formatNote(note);
  expect([parseNote(text), text.length]).toEqual([note, 144]);
});

test('without a wait, the line of the wait is left as it is', () => {
  expect(formatNote({ holder: 'a' })).toBe(`a${' '.repeat(126)}\n`);
});

test.each([
  ['', null, 0],
  ['process 1 on a'.padEnd(127).concat('\n'), 'process 1 on a', 0],
  ['process 1 on a\n12x', 'process 1 on a', 0],
  ['process 1 on a\n-5', 'process 1 on a', 0],
  ['\n99999999', null, 0],
])('a note of an earlier version, or half of one: %j', (text, holder, usualMs) => {
  expect(parseNote(text)).toEqual({ holder, usualMs });
});
