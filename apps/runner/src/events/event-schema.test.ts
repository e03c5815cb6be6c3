import { expect, test } from 'vitest';
import { EVENTS } from './event-schema.js';

test('no event has a field with the name of what every line begins with', () => {
  const taken = EVENTS.flatMap(({ event, fields }) =>
    Object.keys(fields)
      .filter((field) => ['format', 'time', 'event'].includes(field))
      .map((field) => `${event}: ${field}`),
  );
  expect(taken).toEqual([]);
});
