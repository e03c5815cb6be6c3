import { expect, test } from 'vitest';
import { eventRecord } from './events.js';

test('a line starts with format, time and name; events of workers use the same names as all others', () => {
  const event = { type: 'retry', shard: 3, delayMs: 250, reason: 'why' } as const;
  expect(JSON.stringify(eventRecord({ type: 'coordinator', event }, 0))).toBe(
    '{"format":1,"time":"1970-01-01T00:00:00.000Z","event":"retry","shard":3,"delay_ms":250,"reason":"why"}',
  );
});

test("a shard's end is not mistaken for the run's", () => {
  const event = { type: 'complete', slot: 0, shard: 3 } as const;
  expect(eventRecord({ type: 'coordinator', event }, 0)).toMatchObject({ event: 'shard_complete' });
});

test('letters of sequences stay as they are', () => {
  const unknown = { sequences: 1, first: ['a'], letters: { U: { sequences: 1, first: ['a'], letters: 2 } } };
  const letters = { unknown };
  expect(eventRecord({ type: 'warning', message: 'm', letters }, 0)['letters']).toEqual({ unknown });
});
