import { expect, test } from 'vitest';
import { sanitize } from './sanitize.js';

test('what steers a terminal, or turns the direction of a line, is left out', () => {
  expect(sanitize('a\u001b[31mb\r\nc\u009b2J\u2028d')).toBe('a [31mb c 2J d');
  expect(sanitize('safe\u202etp.elif\u202c \u2067x\u2069\u200f')).toBe('safe tp.elif   x ');
  expect(sanitize('é日🧬')).toBe('é日🧬');
});
