import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judge } from '../judge/judge.js';
import { aBeat, facts, HOST, NOW, record, result } from '../testing/facts.js';
import { redraw } from './redraw.js';
import { render } from './render.js';
import { table } from './table.js';
import { ago, duration, percent } from './words.js';

const at = (before: number) => new Date(NOW - before).toISOString();
const saved = { saved: at(42_000), checkpoints: 2 };
const lock = { state: 'held', holder: `process 77 on ${HOST}`, since: NOW - 125_000 } as const;
const manifest = {
  is: 'read',
  updated: at(42_000),
  shards: [
    record({ status: 'complete', rows: 55, ...saved }),
    record({ rows: 20, ...saved, failures: { oom: 2 } }),
  ],
} as const;

test('a running command', () => {
  const heartbeat = aBeat({
    sequences_done: 85,
    shards: { sequences: [55, 45], done: [55, 30] },
    workers: [
      { slot: 0, pid: 901, state: 'embedding', shard: 1, since: at(61_000) },
      { slot: 1, pid: null, state: 'gone', shard: null, since: at(5000) },
    ],
  });
  const failed = {
    type: 'failed',
    time: at(30_000),
    slot: 1,
    shard: 1,
    kind: 'oom',
    message: 'out of\u001b[2J memory',
  };
  const logs = { events: [failed], cut: false, unreadable: 0, written: NOW };
  expect(
    render(judge(facts({ lock, manifest: { ...manifest, shards: [...manifest.shards] }, heartbeat, logs }))),
  ).toEqual([
    'out: running, 85.0%',
    '  command     process 77 on here, running for 2 min 5 s',
    '  sequences   85 of 100 embedded (85.0%), 75 of them saved in checkpoints',
    '  speed       13 tokens/s, 1 min 30 s left',
    '  checkpoint  the last 42 s ago',
    '  workers     0  901  embedding  shard 1  for 1 min 1 s',
    '              1       gone                for 5 s',
    '  shards      1 complete, 1 not complete',
    '              1  30 of 45 (66.6%)  20 saved in 2 checkpoints  failed so far: 2 × oom',
    '  failures    1 failure and 0 retries of this command, in out/logs; the latest:',
    '              30 s ago, worker 1, shard 1 (oom): failed: out of [2J memory',
    '  next        to watch it:',
    '              holdfast status out --watch',
  ]);
});

test('a killed one, a complete one, one that reads its input', () => {
  const free = { ...lock, state: 'free' } as const;
  const killed = facts({ lock: free, manifest: { ...manifest, shards: [...manifest.shards] } });
  expect(render(judge(killed)).slice(0, 3)).toEqual([
    'out: stopped, not complete',
    '  command     none is running; the last was process 77 on here, last sign of life 42 s ago',
    '  sequences   75 of 100 saved in checkpoints (75.0%)',
  ]);
  const quarantine = ['p\t7\tpoison_input\t3\tno'];
  const done = facts({
    lock: free,
    result: result({ sequences: 99, quarantined: 1, warnings: ['a \x1b[31mU is read as T', 'no row'] }),
    quarantine,
  });
  expect(render(judge(done))).toEqual([
    'out: complete, 1 quarantined',
    '  command     none is running; the last was process 77 on here, last sign of life 2 min 5 s ago',
    '  sequences   99 × 136',
    '  quarantined 1 sequence (1 × poison_input), listed in out/quarantine.tsv',
    '              p (sequence 7, poison_input): no',
    '  warnings    a  [31mU is read as T',
    '              no row',
    '  next        the result is in out/embeddings.safetensors and out/ids.txt, for holdfast get, search, plot and export; to see it in a browser:',
    '              holdfast dashboard out',
  ]);
  const heartbeat = aBeat({
    run: null,
    phase: 'planning',
    input: { file: 'in.fa', bytes: 9, sequences: 1200 },
  });
  expect(render(judge(facts({ lock, run: { is: 'missing' }, heartbeat }))).slice(0, 3)).toEqual([
    'out: a run is being planned',
    '  command     process 77 on here, running for 2 min 5 s',
    '  doing       reading in.fa: 1,200 sequences so far',
  ]);
});

test('copies are said, so nobody misses a row', () => {
  const plan = { sequences: 100, copies: 1, residues: 1000, batches: 10 };
  const running = facts({ lock, plan, manifest: { ...manifest, shards: [...manifest.shards] } });
  expect(render(judge(running)).slice(2, 4)).toEqual([
    '  sequences   75 of 99 saved in checkpoints (75.7%)',
    '              1 more is a copy, and not computed again',
  ]);
  const done = facts({ lock: { ...lock, state: 'free' }, plan: { ...plan, copies: 20 }, result: result() });
  expect(render(judge(done))[2]).toBe(
    '  sequences   100 × 136; 20 are copies of others and were not computed again',
  );
});

test('tables are cut off, and say how much is left out', () => {
  const shards = Array.from({ length: 50 }, () => record({}));
  const lines = render(judge(facts({ lock, manifest: { is: 'read', updated: at(0), shards } })));
  expect(lines.at(-3)).toBe('              and 30 more shards, which --json lists');
});

test('words', () => {
  expect([0.4, 59, 60, 3600, 3725, 90_000, 86_400].map(duration)).toEqual([
    '0 s',
    '59 s',
    '1 min',
    '1 h',
    '1 h 2 min',
    '1 d 1 h',
    '1 d',
  ]);
  expect([ago(at(0), at(0)), ago(at(-5000), at(0)), ago(at(3000), at(0))]).toEqual([
    'just now',
    'just now',
    '3 s ago',
  ]);
  expect([percent(999_999, 1_000_000), percent(1, 3), percent(0, 0)]).toEqual(['99.9%', '33.3%', '100%']);
  expect(table([])).toEqual([]);
});

test('a low terminal still shows the state and the next step', () => {
  const lines = Array.from({ length: 30 }, (_, i) => `line ${i}`);
  const { text } = redraw(lines, 0, { columns: 80, rows: 7 });
  expect(text.replace('\r\x1b[J', '').split('\n')).toEqual([
    'line 0',
    'line 1',
    'line 2',
    '…',
    'line 28',
    'line 29',
    '',
  ]);
});

test('a law: what is drawn fits the terminal, and the next drawing begins where it began', () => {
  const sizes = fc.record({
    columns: fc.integer({ min: 2, max: 200 }),
    rows: fc.integer({ min: 2, max: 60 }),
  });
  fc.assert(
    fc.property(
      fc.array(fc.string({ maxLength: 300 }).map((text) => text.replace(/\n/g, ' '))),
      sizes,
      fc.nat(50),
      (lines, size, before) => {
        const { text, drawn } = redraw(lines, before, size);
        const [, body] = text.split('\x1b[J');
        const shown = body!.split('\n').slice(0, -1);
        expect(shown).toHaveLength(drawn);
        expect(drawn).toBeLessThan(size.rows);
        for (const line of shown) expect(line.length).toBeLessThan(size.columns);
        expect(text.startsWith(before > 0 ? `\x1b[${before}A\r` : '\r')).toBe(true);
      },
    ),
  );
});
