import { STILL_STARTING } from '@holdfast/coordinator';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import type { RunEvent } from '../events.js';
import { reporter } from './reporter.js';

let now: number;
let written: string;
const screen = { write: (text: string) => (written += text) };
const terminal: { write: typeof screen.write; columns?: number | undefined } = { ...screen, columns: 80 };
let complaints: string[];
const options = { complain: (text: string) => complaints.push(text), now: () => now };
const json = () => reporter('json', screen, options).report;
const bar = ({ columns, ...rest }: typeof terminal) =>
  reporter('bar', { ...rest, ...(columns === undefined ? {} : { columns }) }, options).report;
beforeEach(() => {
  now = 0;
  written = '';
  complaints = [];
});
const progress = (done: number): RunEvent => ({
  type: 'progress',
  sequences_done: done,
  sequences_total: 10,
  tokens_per_second: 1,
  seconds_left: 1,
});
const lines = () =>
  written
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('as JSON each event is one line with its time', () => {
  const report = json();
  report({ type: 'waiting', reason: 'two\nlines' });
  now = 1500;
  report({ type: 'coordinator', event: { type: 'shard_failed', shard: 3, kind: 'oom', message: 'm' } });
  expect(lines()).toEqual([
    { format: 1, time: '1970-01-01T00:00:00.000Z', event: 'waiting', reason: 'two\nlines' },
    {
      format: 1,
      time: '1970-01-01T00:00:01.500Z',
      event: 'shard_failed',
      shard: 3,
      kind: 'oom',
      message: 'm',
    },
  ]);
});

test('an event with any text becomes one line of JSON that holds the same text', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (messages) => {
      written = '';
      const report = json();
      // All at the same moment: only progress may be skipped.
      for (const message of messages) report({ type: 'warning', message });
      expect(written.split('\n')).toHaveLength(messages.length + 1);
      if (messages.length > 0) expect(lines().map(({ message }) => message)).toEqual(messages);
    }),
  );
});

test('a clock that is set back does not silence the run', () => {
  const report = json();
  now = 3_600_000;
  report(progress(1));
  now = 0;
  report(progress(2));
  now = 9_999;
  report(progress(3));
  expect(lines().map(({ sequences_done }) => sequences_done)).toEqual([1, 2]);
});

test('progress is reported at most every 10 s, and the last always', () => {
  const report = json();
  for (let done = 1; done <= 10; done++) {
    report(progress(done));
    now += 2000;
  }
  expect(lines().map(({ sequences_done }) => sequences_done)).toEqual([1, 6, 10]);
});

test('a complete shard cannot be mistaken for the end of the run', () => {
  const report = json();
  report({ type: 'coordinator', event: { type: 'complete', slot: 0, shard: 4 } });
  expect(lines()).toMatchObject([{ event: 'shard_complete', slot: 0, shard: 4 }]);
});

test('a worker’s own progress is not reported beside the run’s', () => {
  const report = json();
  report({ type: 'coordinator', event: { type: 'progress', slot: 0, shard: 0, sequences: 5 } });
  expect(written).toBe('');
});

test('on a terminal the bar overwrites itself, and sentences have lines of their own', () => {
  const report = bar(terminal);
  report(progress(1));
  now += 50;
  report(progress(2));
  now += 50;
  report(progress(3));
  report({ type: 'warning', message: 'w' });
  expect(written.match(/\d+\/10/g)).toEqual(['1/10', '3/10']);
  expect(written).not.toMatch(/\n.*\/10/);
  expect(written.endsWith('\r\x1b[2Kwarning: w\n')).toBe(true);
});

test.each([20, 80, 0, undefined])('a status line fits a terminal of %s columns', (columns) => {
  const report = bar({ ...terminal, columns });
  const file = `\x1b[2J\n${'long/'.repeat(40)}name.fa`;
  report({ type: 'indexing', sequences: 12, residues: 1, bytes: 1, file });
  now = 100;
  report(progress(10));
  const [, reading, shown] = written.split('\r\x1b[2K');
  expect(reading).toMatch(/^12 sequences /);
  expect(shown).toMatch(/^\[/);
  for (const line of [reading!, shown!]) {
    expect(line.length).toBeLessThan(columns || 80);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: there must be none.
    expect(line).not.toMatch(/[\u0000-\u001f]/);
  }
});

const padding = { tokens: 90, padded_tokens: 100, padding_share: 0.1 };
const shown: [RunEvent, string][] = [
  [
    {
      type: 'planned',
      resumed: false,
      sequences_done: 0,
      sequences: 9,
      copies: 0,
      residues: 90,
      batches: 3,
      ...padding,
      shards: 2,
      workers: 1,
      device: 'cpu',
    },
    'embedding 9 sequences (90 residues) in 2 shards with 1 worker on cpu; 90 tokens, 100 with padding (10.0% padding)',
  ],
  [
    {
      type: 'planned',
      resumed: true,
      sequences_done: 11_631,
      sequences: 120_000,
      copies: 0,
      residues: 36_000_000,
      batches: 3,
      ...padding,
      shards: 2,
      workers: 0,
      device: 'cpu',
    },
    'resuming: 11,631 of 120,000 sequences are done; 36,000,000 residues in all, in 2 shards with 0 workers on cpu; 90 tokens, 100 with padding (10.0% padding)',
  ],
  [{ type: 'waiting', reason: 'why' }, 'why'],
  [{ type: 'calibrating', device: 'cuda:1' }, 'measuring the best token budget on cuda:1'],
  [
    { type: 'calibrated', device: 'cuda:1', batch_tokens: 4096, reason: 'gain', measured: [] },
    'token budget on cuda:1: 4,096 per batch; larger batches are no faster',
  ],
  [{ type: 'repair', shard: 3, reason: 'why' }, 'repairing shard 3: why'],
  [{ type: 'warning', message: 'w' }, 'warning: w'],
  [{ type: 'assembling', file: 'e.npy' }, 'writing e.npy'],
  [
    {
      type: 'complete',
      already: false,
      sequences: 9,
      quarantined: 0,
      dim: 4,
      full_name: 'mean.layer_33',
      embeddings: 'e.npy',
      ids: 'ids.txt',
    },
    'complete: 9 sequences × 4 (mean.layer_33) in e.npy, IDs in ids.txt',
  ],
  [
    {
      type: 'complete',
      already: false,
      sequences: 9,
      quarantined: 0,
      dim: 4,
      embeddings: 'e.npy',
      ids: 'ids.txt',
      ...padding,
    },
    'complete: 9 sequences × 4 in e.npy, IDs in ids.txt; 90 tokens, 100 with padding (10.0% padding)',
  ],
  [
    {
      type: 'complete',
      already: false,
      sequences: 9,
      quarantined: 0,
      dim: 4,
      embeddings: 'e.npy',
      ids: 'ids.txt',
      ...padding,
      tokens_at_most: true,
    },
    'complete: 9 sequences × 4 in e.npy, IDs in ids.txt; at most 90 tokens, 100 with padding',
  ],
  [
    {
      type: 'complete',
      already: true,
      sequences: 9,
      quarantined: 0,
      dim: 4,
      embeddings: 'e.npy',
      ids: 'ids.txt',
    },
    'already complete: 9 sequences × 4 in e.npy, IDs in ids.txt',
  ],
  [
    {
      type: 'complete',
      already: false,
      sequences: 7,
      quarantined: 2,
      quarantine: 'q.tsv',
      dim: 4,
      embeddings: 'e.npy',
      ids: 'ids.txt',
    },
    'complete except for 2 quarantined sequences, listed in q.tsv: 7 sequences × 4 in e.npy, IDs in ids.txt',
  ],
  [
    {
      type: 'complete',
      already: true,
      sequences: 7,
      quarantined: 2,
      quarantine: 'q.tsv',
      dim: 4,
      embeddings: 'e.npy',
      ids: 'ids.txt',
    },
    'already complete except for 2 quarantined sequences, listed in q.tsv: 7 sequences × 4 in e.npy, IDs in ids.txt',
  ],
  [
    {
      type: 'complete',
      already: false,
      sequences: 7,
      quarantined: 2,
      quarantine: 'q.tsv',
      quarantine_ok: true,
      dim: 4,
      embeddings: 'e.npy',
      ids: 'ids.txt',
    },
    'complete except for 2 quarantined sequences, listed in q.tsv: 7 sequences × 4 in e.npy, IDs in ids.txt; exit code 0, as --quarantine-ok asks',
  ],
  [
    { type: 'coordinator', event: { type: 'failed', slot: 1, shard: 2, kind: 'oom', message: 'm' } },
    'worker 1 failed on shard 2 (oom): m',
  ],
  [
    { type: 'coordinator', event: { type: 'failed', slot: 1, shard: null, kind: 'transient', message: 'm' } },
    'worker 1 failed before it had a shard (transient): m',
  ],
  [
    { type: 'coordinator', event: { type: 'retry', shard: 2, delayMs: 1500, reason: 'attempt 2 of 4' } },
    'shard 2 will be retried in 1.5 s at the earliest: attempt 2 of 4',
  ],
  [
    { type: 'coordinator', event: { type: 'retry', shard: 2, delayMs: 0, reason: 'batch 3, strike 1/2' } },
    'shard 2 will be retried: batch 3, strike 1/2',
  ],
  [
    {
      type: 'coordinator',
      event: { type: 'retry', shard: 2, delayMs: 60_000, reason: 'why', slotOnly: true },
    },
    'shard 2 will be retried when a worker is free; the lost one is replaced in 60 s: why',
  ],
  [
    {
      type: 'coordinator',
      event: { type: 'failed', slot: 1, shard: 2, kind: 'spot_preemption', message: 'm' },
    },
    'worker 1 failed on shard 2 (ended from outside, as when a spot instance is taken away or memory runs out): m',
  ],
  [
    { type: 'coordinator', event: { type: 'shard_failed', shard: 2, kind: 'oom', message: 'm' } },
    'gave up on shard 2 (oom): m',
  ],
  [
    { type: 'coordinator', event: { type: 'retry_given_up', shard: 2, kind: 'oom', message: 'm' } },
    'gave up on the quarantined sequences of shard 2 (oom): m; its other sequences are complete',
  ],
  [
    { type: 'coordinator', event: { type: 'stopping', signal: 'SIGTERM' } },
    'SIGTERM: stopping; each worker saves its rows first',
  ],
  [{ type: 'coordinator', event: { type: 'killed', slot: 1, reason: 'why' } }, 'killed worker 1: why'],
  // A worker's output and file names cannot control the terminal.
  [
    { type: 'coordinator', event: { type: 'output', slot: 1, stream: 'stderr', line: 'a\x1b[2Jb' } },
    'worker 1: a [2Jb',
  ],
  [{ type: 'assembling', file: 'a\r\n\x9b2Jb' }, 'writing a 2Jb'],
];
test.each(shown)('on a terminal %j is a sentence', (event, text) => {
  bar(terminal)(event);
  expect(written).toBe(`\r\x1b[2K${text}\n`);
});

test.each<RunEvent>([
  { type: 'coordinator', event: { type: 'spawned', slot: 0, pid: 1, attempt: 1 } },
  { type: 'coordinator', event: { type: 'ready', slot: 0 } },
  { type: 'coordinator', event: { type: 'output', slot: 0, stream: 'stdout', line: 'l' } },
  // Its work was done before it was ready.
  { type: 'coordinator', event: { type: 'killed', slot: 1, reason: STILL_STARTING } },
])('on a terminal %j is not shown', (event) => {
  bar(terminal)(event);
  expect(written).toBe('');
});

test('without progress only what needs a person is said, on standard error', () => {
  const { report } = reporter('none', screen, options);
  const done = { already: false, sequences: 9, dim: 4, embeddings: 'e.npy', ids: 'ids.txt' };
  const events: RunEvent[] = [
    progress(1),
    { type: 'warning', message: 'w' },
    { type: 'waiting', reason: 'why' },
    { type: 'repair', shard: 3, reason: 'why' },
    { type: 'coordinator', event: { type: 'slot_closed', slot: 1, reason: 'why' } },
    { type: 'coordinator', event: { type: 'retry', shard: 2, delayMs: 1500, reason: 'why' } },
    { type: 'complete', ...done, quarantined: 0 },
    { type: 'complete', ...done, quarantined: 2, quarantine: 'q.tsv' },
  ];
  for (const event of events) report(event);
  expect(written).toBe('');
  expect(complaints).toEqual([
    'warning: w',
    'repairing shard 3: why',
    'gave up on worker 1: why',
    expect.stringMatching(/^complete except for 2 quarantined sequences, listed in q\.tsv/),
  ]);
});
