import { expect, test } from 'vitest';
import { isShortLimit } from './time-limit.js';

test.each(['1', '4', '4:59', '0:04:59', '0-0:4:59'])('%s is short', (time) => {
  expect(isShortLimit(time)).toBe(true);
});

test.each([
  undefined,
  '0',
  '5',
  '60',
  '5:00',
  '0:05:00',
  '1:00:00',
  '1-0',
  '2-12:30',
  'abc',
  'UNLIMITED',
  '-1',
  '1-',
])('%s is not', (time) => {
  expect(isShortLimit(time)).toBe(false);
});
