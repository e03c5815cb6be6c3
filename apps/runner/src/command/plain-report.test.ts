import { beforeEach, expect, test } from 'vitest';
import type { RunEvent } from '../events.js';
import { localTime, plainReport } from './plain-report.js';

let now: number;
let lines: string[];
let report: (event: RunEvent) => void;
beforeEach(() => {
  now = new Date(2026, 2, 1, 9, 5, 0).getTime();
  lines = [];
  report = plainReport(
    (line) => lines.push(line),
    () => now,
  );
});
const progress = (done: number, speed: number | null = 1234.5): RunEvent => ({
  type: 'progress',
  sequences_done: done,
  sequences_total: 18_814,
  tokens_per_second: speed,
  seconds_left: speed === null ? null : 61,
});

test('a sentence has its local time before it, and cannot steer a terminal', () => {
  report({ type: 'warning', message: 'a\x1b[2Jb\r\nc' });
  expect(lines).toEqual(['2026-03-01 09:05:00 warning: a [2Jb c\n']);
});

test('progress is one line every 10 s; a run that is over sooner has none', () => {
  for (const done of [0, 100, 200]) {
    report(progress(done));
    now += 4_999;
  }
  expect(lines).toEqual([]);
  now += 3;
  report(progress(9_000));
  now += 9_999;
  report(progress(9_500));
  now += 1;
  report(progress(9_600, null));
  expect(lines).toEqual([
    '2026-03-01 09:05:15 9,000 of 18,814 sequences (47%), 1,235 tokens/s, 01:01 left\n',
    '2026-03-01 09:05:25 9,600 of 18,814 sequences (51%)\n',
  ]);
});

test('a download says at once that it begins, and so does the next one', () => {
  const downloading = (model: string, bytes: number): RunEvent => ({
    type: 'downloading',
    model,
    bytes,
    totalBytes: 2e9,
    bytesPerSecond: 1e7,
    secondsLeft: 100,
  });
  report(downloading('a', 0));
  now += 5_000;
  report(downloading('a', 1e9));
  report({ type: 'downloaded', model: 'a', folder: 'f', bytes: 2e9 });
  report(downloading('b', 0));
  expect(lines.map((line) => line.slice(20, -1))).toEqual([
    'downloading a: 0 bytes of 2.0 GB (0%), 10.0 MB/s, 01:40 left',
    'downloaded a: 2.0 GB in f',
    'downloading b: 0 bytes of 2.0 GB (0%), 10.0 MB/s, 01:40 left',
  ]);
});

test('reading the input is shown if it takes long', () => {
  const file = 'in.fa';
  const indexing = (sequences: number): RunEvent => ({
    type: 'indexing',
    sequences,
    residues: 1,
    bytes: 1,
    file,
  });
  report(indexing(1));
  now += 10_000;
  report(indexing(2_000_000));
  expect(lines.map((line) => line.slice(20))).toEqual(['2,000,000 sequences read, now reading in.fa\n']);
});

test('a clock that is set back does not silence the run', () => {
  report(progress(1));
  now -= 3_600_000;
  report(progress(2));
  expect(lines).toHaveLength(1);
});

test('the time of a moment is the local one', () => {
  expect(localTime(new Date(2026, 10, 28, 23, 59, 9).getTime())).toBe('2026-11-28 23:59:09');
});
