import { expect, test } from 'vitest';
import { WorkerStates } from './worker-states.js';

test("a worker's life, and since when it does what it does", () => {
  const states = new WorkerStates();
  const after = (type: string, fields: object, at: string) => {
    states.heard({ type, slot: 0, ...fields }, at);
    const { pid, state, shard, since } = states.list()[0]!;
    return [pid, state, shard, since];
  };
  expect(after('spawned', { pid: 9 }, '1')).toEqual([9, 'starting', null, '1']);
  expect(after('ready', {}, '2')).toEqual([9, 'idle', null, '2']);
  expect(after('assigned', { shard: 4 }, '3')).toEqual([9, 'resuming', 4, '3']);
  expect(after('resumed', { shard: 4 }, '4')).toEqual([9, 'embedding', 4, '4']);
  expect(after('progress', { shard: 4 }, '5')).toEqual([9, 'embedding', 4, '4']);
  expect(after('isolating', { shard: 4 }, '6')).toEqual([9, 'isolating', 4, '6']);
  expect(after('progress', { shard: 4 }, '7')).toEqual([9, 'embedding', 4, '7']);
  expect(after('output', { line: 'x' }, '8')).toEqual([9, 'embedding', 4, '7']);
  expect(after('shard_complete', { shard: 4 }, '9')).toEqual([9, 'idle', null, '9']);
  expect(after('killed', { reason: 'x' }, 'a')).toEqual([9, 'stopping', null, 'a']);
  expect(after('exited', {}, 'b')).toEqual([null, 'gone', null, 'b']);
  expect(after('spawned', { pid: 10 }, 'c')).toEqual([10, 'starting', null, 'c']);
  expect(after('slot_closed', {}, 'd')).toEqual([null, 'closed', null, 'd']);
});

test('a stop is for all that live, and batches that still arrive do not take it back', () => {
  const states = new WorkerStates();
  states.heard({ type: 'spawned', slot: 1, pid: 2 }, '1');
  states.heard({ type: 'spawned', slot: 0, pid: 1 }, '1');
  states.heard({ type: 'exited', slot: 0 }, '2');
  states.heard({ type: 'stopping' }, '3');
  states.heard({ type: 'progress', slot: 1, shard: 7 }, '4');
  expect(states.list()).toEqual([
    { slot: 0, pid: null, state: 'gone', shard: null, since: '2' },
    { slot: 1, pid: 2, state: 'stopping', shard: null, since: '3' },
  ]);
});
