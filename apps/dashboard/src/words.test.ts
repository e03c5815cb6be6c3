import type { Status } from '@holdfast/status';
import { describe, expect, it } from 'vitest';
import { copiesWords, duration, happenings, incidentWords, percent, size, troubles } from './words.js';

const working = { state: 'running', command: null, cluster: null } as const;
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
      incidentWords({ ...incident, slot: null, event: 'retry', message: 'will be retried: crash' }),
    ).toBe('Shard 1 will be retried: crash');
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
    const history = {
      checkpoints: [saved(1, 0), saved(2, 1), saved(3, 0)],
      commands: [],
      incidents: [failed],
      at_least: false,
      throughput: null,
    };
    const found = happenings(history, working);
    expect(found.map(({ kind, words }) => [kind, words])).toEqual([
      ['saved', 'Saved 1 checkpoint of shard 0: 10 rows'],
      ['trouble', 'Worker 0 failed on shard 1 (crash): x'],
      ['saved', 'Saved 2 checkpoints of 2 shards: 20 rows'],
    ]);
    expect(troubles(history)).toBe('1 incident');
  });

  it('tell when each command began, and how the one before it ended', () => {
    const at = (minute: number) => `2026-03-01T10:0${minute}:00Z`;
    const history = {
      checkpoints: [
        { at: at(1), shard: 0, rows: 10 },
        { at: at(3), shard: 0, rows: 10 },
      ],
      commands: [
        { began: at(0), ended: null, signal: null, left_out: 0 },
        { began: at(2), ended: at(4), signal: 'SIGTERM', left_out: 0 },
        { began: at(5), ended: at(6), signal: null, left_out: 0 },
        { began: at(7), ended: null, signal: null, left_out: 0 },
      ],
      incidents: [],
      at_least: false,
      throughput: null,
    };
    const killed = 'ended without recording why: it was killed, or its machine was lost.';
    const words = [
      'The run was resumed. The command before had ended.',
      'The run was resumed. SIGTERM had stopped the command before.',
      'Saved 1 checkpoint of shard 0: 10 rows',
      `The run was resumed. The command before ${killed}`,
      'Saved 1 checkpoint of shard 0: 10 rows',
      'The run began.',
    ];
    expect(happenings(history, working).map((each) => each.words)).toEqual(words);
    const command = { running: false, ended: null, last_seen_at: at(8) };
    const gone = { state: 'stopped', command, cluster: null } as unknown as Status;
    expect(happenings(history, gone).map((each) => each.words)).toEqual([`The command ${killed}`, ...words]);
    const told = { ...gone, command: { ...command, ended: 'stopped by SIGINT' } } as unknown as Status;
    expect(happenings(history, told)[0]!.words).toBe('The command ended: stopped by SIGINT');
    expect(happenings(history, { ...gone, state: 'complete' })).toHaveLength(words.length);
    expect(troubles(history)).toBe('no failures, resumed 3 times');
    expect(troubles({ ...history, commands: history.commands.slice(0, 2) })).toBe(
      'no failures, resumed once',
    );
  });

  it('say nothing of the command before if it is no longer recorded, and count it', () => {
    const at = (minute: number) => `2026-03-01T10:0${minute}:00Z`;
    const commands = [0, 5].map((left_out, minute) => ({
      began: at(minute),
      ended: at(minute),
      signal: 'SIGTERM',
      left_out,
    }));
    const history = { checkpoints: [], commands, incidents: [], at_least: false, throughput: null };
    expect(happenings(history, working).map(({ words }) => words)).toEqual([
      'The run was resumed. The 5 commands before are no longer recorded.',
      'The run began.',
    ]);
    expect(troubles(history)).toBe('no failures, resumed 6 times');
    const one = { ...history, commands: [commands[0]!, { ...commands[1]!, left_out: 1 }] };
    expect(happenings(one, working)[0]!.words).toBe(
      'The run was resumed. The command before is no longer recorded.',
    );
  });
});

it('copies explain why there are fewer rows', () => {
  expect([1, 2000].map(copiesWords)).toEqual([
    '1 sequence is a copy and was not computed again',
    '2,000 sequences are copies and were not computed again',
  ]);
});
