import { describe, expect, it } from 'vitest';
import { duration, happenings, incidentWords, percent, size } from './words.js';

const incident = { time: '2026-03-01T10:00:00Z', task: null, slot: 0, shard: 1, kind: 'crash' };

it('numbers are written as people say them', () => {
  expect([0, 59, 60, 3540, 7200, 7500, 180_000].map(duration)).toEqual([
    '0 s',
    '59 s',
    '1 min',
    '59 min',
    '2 h',
    '2 h 5 min',
    '2 d 2 h',
  ]);
  expect([0, 1023, 1536, 300 * 2 ** 20].map(size)).toEqual(['0 B', '1023 B', '1.5 KiB', '300 MiB']);
  expect([percent(999_999, 1_000_000), percent(1, 1), percent(1, 3), percent(0, 0)]).toEqual([
    '99.9%',
    '100%',
    '33.3%',
    '0%',
  ]);
});

describe('incidents', () => {
  it('are sentences', () => {
    expect(incidentWords({ ...incident, event: 'failed', message: 'failed: killed by SIGKILL' })).toBe(
      'Worker 0 failed on shard 1 (crash): killed by SIGKILL',
    );
    expect(
      incidentWords({ ...incident, slot: null, event: 'retry', message: 'will be retried next: crash' }),
    ).toBe('Shard 1 will be retried next: crash');
    expect(
      incidentWords({ ...incident, kind: 'spot_preemption', event: 'failed', message: 'failed: x' }),
    ).toMatch(/^Worker 0 failed on shard 1 \(ended from outside, as when .*\): x$/);
    expect(incidentWords({ ...incident, slot: null, event: 'shard_failed', message: 'gave up: x' })).toBe(
      'Shard 1: gave up: x',
    );
  });

  it('stand between the checkpoints, newest first', () => {
    const saved = (minute: number, shard: number) => ({
      at: `2026-03-01T10:0${minute}:00Z`,
      shard,
      rows: 10,
    });
    const failed = { ...incident, time: '2026-03-01T10:02:30Z', event: 'failed', message: 'failed: x' };
    const found = happenings({
      checkpoints: [saved(1, 0), saved(2, 1), saved(3, 0)],
      incidents: [failed],
      at_least: false,
      throughput: null,
    });
    expect(found.map(({ kind, words }) => [kind, words])).toEqual([
      ['saved', 'Saved 1 checkpoint of shard 0: 10 rows'],
      ['trouble', 'Worker 0 failed on shard 1 (crash): x'],
      ['saved', 'Saved 2 checkpoints of 2 shards: 20 rows'],
    ]);
  });
});
