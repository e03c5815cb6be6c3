import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseHeartbeat } from './heartbeat.js';
import { aBeat } from './testing/facts.js';

const whole = aBeat({
  workers: [{ slot: 0, pid: 1, state: 'embedding', shard: 0, since: '2026-11-28T12:00:00Z' }],
  shards: { sequences: [5, 5], done: [5, 0], saved: [5, 0] },
  input: { file: 'a.fa', bytes: 3, sequences: 1 },
});

test('what is written is read, with fields that a later version adds', () => {
  expect(parseHeartbeat(JSON.stringify({ ...whole, later: 1 }))).toMatchObject(whole);
});

test('one of an earlier version, which does not say what is saved, is read', () => {
  const shards = { sequences: [5, 5], done: [5, 0] };
  expect(parseHeartbeat(JSON.stringify({ ...whole, shards })).shards).toEqual(shards);
});

test.each([
  ['', 'it is not JSON'],
  ['\0\0\0\0', 'it is not JSON'],
  ['null', 'it is not an object'],
  [JSON.stringify({ ...whole, format: 2 }), 'it has format 2, but this version reads 1'],
  [JSON.stringify({ ...whole, shards: { sequences: [1], done: ['1'] } }), 'a field is missing or wrong'],
  [
    JSON.stringify({ ...whole, shards: { sequences: [1], done: [1], saved: [-1] } }),
    'a field is missing or wrong',
  ],
  [JSON.stringify({ ...whole, seconds_left: 'soon' }), 'a field is missing or wrong'],
])('%j is refused: %s', (text, why) => {
  expect(() => parseHeartbeat(text)).toThrow(why);
});

test('a law: whatever a power cut leaves is refused, or has every field', () => {
  const text = JSON.stringify(whole);
  const torn = fc.tuple(fc.nat(text.length), fc.nat(text.length), fc.string({ maxLength: 4 }));
  fc.assert(
    fc.property(torn, ([from, to, other]) => {
      const left = text.slice(0, Math.min(from, to)) + other + text.slice(Math.max(from, to));
      try {
        const { pid, workers } = parseHeartbeat(left);
        expect([Number.isSafeInteger(pid), Array.isArray(workers)]).toEqual([true, true]);
      } catch (error) {
        expect((error as Error).message).toMatch(/^(it is not|it has format|a field is)/);
      }
    }),
    { numRuns: 2000 },
  );
});
