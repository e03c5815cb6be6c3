import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import type { RunEvent } from '../events.js';
import { eventLog } from './event-log.js';
import { openLogFile } from './log-file.js';

let folder: string;
let out: string;
let complaints: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'log-'));
  out = join(folder, 'out');
  complaints = [];
});
const complain = (text: string) => void complaints.push(text);
const warning = (message: string): RunEvent => ({ type: 'warning', message });
const messages = (path: string) =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line).message);

function logged(path: string, ...said: string[]): void {
  const log = eventLog(path, openLogFile(path, out), complain, () => 0);
  for (const message of said) log.report(warning(message));
  log.end();
}

test('two commands in turn append', () => {
  const path = join(folder, 'log');
  logged(path, 'a', 'b');
  logged(path, 'c');
  expect(messages(path)).toEqual(['a', 'b', 'c']);
});

test('after a line that a kill cut off, the next command begins a new one', () => {
  const path = join(folder, 'log');
  logged(path, 'a', 'b');
  const text = readFileSync(path, 'utf8');
  for (const end of [1, 5, text.length - 3]) {
    writeFileSync(path, text.slice(0, end));
    logged(path, 'c');
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ message: 'c' });
  }
});

test('a log may lie in the output folder, which is made for it', () => {
  const path = join(out, 'deep', 'events.ndjson');
  logged(path, 'a');
  expect(messages(path)).toEqual(['a']);
});

test.each(['run.json', 'ids.txt', 'logs/events', '.lock', 'checkpoints/x', 'embeddings.npy'])(
  'a log under the name %s of the run is refused',
  (name) => {
    expect(() => openLogFile(join(out, name), out)).toThrow(
      /belongs to the run in .*, such as .*events.ndjson/,
    );
  },
);

test('a link to a name of the run is refused, too', () => {
  mkdirSync(join(out, 'logs'), { recursive: true });
  const path = join(folder, 'link');
  symlinkSync(join(out, 'logs', 'events'), path);
  expect(() => openLogFile(path, out)).toThrow();
});

test.each([
  ['>a\nACGT\n', /holds something else than events of Holdfast/],
  ['{"model":1}', /holds something else/],
])('a file that holds %j is not appended to', (text, says) => {
  const path = join(folder, 'file');
  writeFileSync(path, text);
  expect(() => openLogFile(path, out)).toThrow(says);
  expect(readFileSync(path, 'utf8')).toBe(text);
});

test.each<[string, (at: (name: string) => string) => string, RegExp]>([
  ['a folder', (at) => at('.'), /is a folder; name a file/],
  ['in a folder that is not there', (at) => at('no/log'), /ENOENT.*make the folder .*no first/],
])('a log that is %s is refused', (_, path, says) => {
  expect(() =>
    openLogFile(
      path((name) => join(folder, name)),
      out,
    ),
  ).toThrow(says);
});

test('a device is no file with events, but takes them', () => {
  logged('/dev/null', 'a');
  expect(complaints).toEqual([]);
});

test('law: whenever and wherever the disk is full, every line of the log is whole or cut off alone, and it is said once', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 400 }), { maxLength: 12 }), fc.boolean(), (rooms, torn) => {
      complaints = [];
      let text = torn ? '{"form' : '';
      const left = [...rooms];
      // Each write finds this many bytes of room; then there is enough again.
      const calls = {
        write(_: number, bytes: Uint8Array) {
          const room = left.length > 0 ? left.shift()! : bytes.length;
          if (room === 0) throw Object.assign(new Error('ENOSPC: no space'), { code: 'ENOSPC' });
          const some = bytes.subarray(0, room);
          text += Buffer.from(some).toString();
          return some.length;
        },
        close: () => undefined,
      };
      const log = eventLog('log', { fd: 3, torn }, complain, () => 0, calls);
      const said = Array.from({ length: rooms.length + 2 }, (_, at) => `message ${at}`);
      for (const message of said) log.report(warning(message));
      log.end();
      expect(complaints.length).toBe(rooms.slice(0, rooms.length - left.length).includes(0) ? 1 : 0);
      const whole = text.split('\n').flatMap((line) => (line.endsWith('}') ? [JSON.parse(line)] : []));
      const kept = whole.map(({ message }) => message);
      expect(kept.at(-1)).toBe(said.at(-1));
      expect(said.filter((message) => kept.includes(message))).toEqual(kept);
      // A failed write loses its own line only.
      expect(said.length - kept.length).toBeLessThanOrEqual(rooms.filter((room) => room === 0).length);
    }),
  );
});
