import { expect, test } from 'vitest';
import { judge } from '../judge/judge.js';
import { aCluster, aTask } from '../testing/cluster.js';
import { facts, NOW, record } from '../testing/facts.js';
import { render } from './render.js';

const manifest = {
  is: 'read',
  updated: new Date(NOW).toISOString(),
  shards: [record({ status: 'complete', rows: 50, checkpoints: 3 }), record({ rows: 20, checkpoints: 1 })],
} as const;
const shown = (cluster: ReturnType<typeof aCluster>) =>
  render(judge(facts({ local: false, manifest: { ...manifest, shards: [...manifest.shards] }, cluster })));

test('a run on several machines', () => {
  const shards = [{ shard: 1, sequences: 50, done: 30 }];
  const ended = { at: '2026-11-28T11:00:00Z', message: 'stopped by SIGTERM', exit_code: 143 };
  const tasks = [
    aTask(0, 2, { shards, tokens_per_second: 1200, shards_embedded: 0.4 }),
    aTask(1, 45, { doing: 'loading the model', start: 3 }),
    aTask(2, 130),
    aTask(3, 1, { ended }),
    aTask(4, 1),
  ];
  expect(shown(aCluster(tasks))).toEqual([
    'out: running, 80.0%: 3 tasks on n0, n1, n4',
    '  sequences   80 of 100 embedded (80.0%), 70 of them saved in checkpoints',
    '  speed       1,200 tokens/s, 1 min left',
    '  tasks       3 at work, 1 silent for longer than the lease, 1 ended',
    '              9_4  n4           looking for a shard',
    '              9_0  n0           shard 1 60.0%',
    '              9_1  n1  start 3  loading the model; silent for 45 s, lease 2 min',
    '              9_2  n2           silent for 2 min 10 s, lease 2 min: its shards are for other tasks now',
    '              9_3  n3           ended with exit code 143: stopped by SIGTERM',
    '  shards      1 complete, 1 not complete',
    '              1  30 of 50 (60.0%)  20 saved in 1 checkpoint',
    '  next        to watch it:',
    '              holdfast status out --watch',
  ]);
});

test('a thousand tasks stay readable, those at work first', () => {
  const tasks = Array.from({ length: 1000 }, (_, index) => aTask(index, index < 997 ? 1000 : 5));
  const lines = shown(aCluster(tasks)).map((line) => line.trim());
  expect(lines.length).toBeLessThan(35);
  expect(lines).toContain('and 980 more tasks, which --json lists');
  expect(lines.find((line) => line.startsWith('tasks'))).toMatch(/3 at work, 997 silent/);
  expect(lines.findIndex((line) => line.startsWith('9_997'))).toBe(
    lines.findIndex((line) => line.startsWith('tasks')) + 1,
  );
});
