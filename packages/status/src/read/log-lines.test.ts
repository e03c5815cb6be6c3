import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { logLines } from './log-lines.js';

function line(fields: object): string {
  const text = JSON.stringify(fields).slice(0, -1);
  return `${text},"crc32":"${crc32(text).toString(16).padStart(8, '0')}"}\n`;
}
const time = '2026-11-28T12:00:00.000Z';
const event = (name: string, more = {}) => line({ format: 1, time, event: name, ...more });

test('events by their names of today, also those of early versions', () => {
  const old = `${JSON.stringify({ time, type: 'retry', shard: 2, delayMs: 5 })}\n`;
  expect(logLines(event('failed', { slot: 1 }) + old, false)).toEqual({
    events: [
      { type: 'failed', time, format: 1, slot: 1 },
      { type: 'retry', time, shard: 2, delayMs: 5 },
    ],
    unreadable: 0,
  });
});

test('lines that tell nothing here are passed over, a beginning and an end without their line too', () => {
  const text =
    event('output', { line: '"event":"failed"' }) + event('checkpoint') + event('exited', { slot: 0 });
  expect(logLines(`led","slot":1}\n${text}{"format":1,"ti`, true)).toMatchObject({
    events: [{ type: 'exited' }],
    unreadable: 0,
  });
});

test('a line that was changed is counted, not believed', () => {
  const changed = event('failed', { message: 'no' }).replace('"no"', '"yes"');
  expect(logLines(`${changed}not JSON\n${event('exited')}`, false)).toMatchObject({
    events: [{ type: 'exited' }],
    unreadable: 2,
  });
});
