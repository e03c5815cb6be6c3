import { expect, test } from 'vitest';
// @ts-expect-error a script without types
import { entryOf, nextVersion, parseNote } from '../changelog.mjs';

const packages = new Set(['@holdfast/runner', '@holdfast/plan']);
const note = (head: string, body = 'Text.') => parseNote('a.md', `---\n${head}\n---\n\n${body}\n`, packages);

test('a note names its packages, how much changes, and a text', () => {
  expect(note('"@holdfast/runner": minor\n"@holdfast/plan": patch', 'One\nmore line.')).toEqual({
    level: 'minor',
    packages: ['@holdfast/runner', '@holdfast/plan'],
    text: 'One\n  more line.',
  });
});

test.each([
  [
    'no such package',
    '"@holdfast/ruler": minor',
    'Text.',
    /a\.md: "@holdfast\/ruler": minor: no public package/,
  ],
  ['no such level', '"@holdfast/plan": big', 'Text.', /a\.md: .*take patch, minor, major/],
  ['no text', '"@holdfast/plan": patch', '', /a\.md: a note is/],
])('a note is refused by name: %s', (_, head, body, message) => {
  expect(() => note(head, body)).toThrow(message);
});

test.each([
  ['0.1.0', 'patch', '0.1.1'],
  ['0.1.4', 'minor', '0.1.5'],
  ['0.1.4', 'major', '0.2.0'],
  ['1.2.3', 'patch', '1.2.4'],
  ['1.2.3', 'minor', '1.3.0'],
  ['1.2.3', 'major', '2.0.0'],
])('after %s a %s change gives %s', (version, level, next) => {
  expect(nextVersion(version, level)).toBe(next);
});

test('what breaks stands first', () => {
  const notes = [note('"@holdfast/plan": patch', 'Small.'), note('"@holdfast/runner": major', 'Big.')];
  expect(entryOf(notes, '0.2.0')).toBe(
    '## 0.2.0\n\n### Breaking\n\n- Big. (runner)\n\n### Fixed\n\n- Small. (plan)\n',
  );
});
