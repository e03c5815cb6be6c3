import { expect, test } from 'vitest';
import { Coordinator } from './coordinator.js';
import type { CoordinatorEvent } from './events.js';
import { FakeClock, FakeWorkers, type Script } from './testing/index.js';

/** Takes a shard and works on it forever; exits when asked to. */
const busy: Script = (worker, message) => {
  if (message.type === 'start') worker.say({ type: 'ready' });
  if (message.type === 'stop') worker.exit(143);
};
const deaf: Script = (worker, message) => message.type !== 'stop' && busy(worker, message);

async function running(script: Script, graceMs = 30_000) {
  const clock = new FakeClock();
  const workers = new FakeWorkers(script);
  const events: CoordinatorEvent[] = [];
  const coordinator = new Coordinator({
    slots: 2,
    shards: [0, 1, 2],
    spawn: workers.spawn,
    clock,
    graceMs,
    onEvent: (event) => events.push(event),
  });
  const outcome = coordinator.run();
  await clock.advance(0);
  return { clock, workers, events, coordinator, outcome };
}
const nothingDone = { completed: [], failed: [], stopped: 'SIGTERM' };

test('test_sigterm_handler_sets_shutdown_flag: workers are asked to stop, and nothing more is started', async () => {
  const { workers, coordinator, outcome, clock } = await running(busy);
  coordinator.stop('SIGTERM');
  expect(await outcome).toEqual(nothingDone);
  expect(workers.all.map(({ received }) => received.at(-1))).toEqual(
    Array(2).fill({ type: 'stop', signal: 'SIGTERM' }),
  );
  // Workers that exit soon cost no wait, and no timer is left behind.
  expect([clock.now(), clock.pending]).toEqual([0, []]);
});

test('test_sigterm_handler_waits_for_checkpoints: work finished within the grace counts', async () => {
  const { workers, coordinator, outcome, clock, events } = await running(deaf);
  coordinator.stop('SIGTERM');
  await clock.advance(29_999);
  expect(workers.all.flatMap(({ signals }) => signals)).toEqual([]);
  const checkpoint = {
    type: 'checkpoint',
    shard: 0,
    checkpoint: 3,
    sequences: 9,
    file: 'f',
    reason: 'r',
  } as const;
  workers.all[0]?.say(checkpoint);
  workers.all[0]?.exit(143);
  workers.all[1]?.say({ type: 'complete', shard: 1 });
  await clock.advance(1);
  expect(await outcome).toEqual({ ...nothingDone, completed: [1] });
  expect(events).toContainEqual({ slot: 0, ...checkpoint });
  expect(workers.all.map(({ signals }) => signals)).toEqual([[], ['SIGKILL']]);
  // The third shard was never assigned.
  expect(events.filter(({ type }) => type === 'assigned')).toHaveLength(2);
});

test('a second stop kills immediately', async () => {
  const { workers, coordinator, outcome, clock } = await running(deaf);
  coordinator.stop('SIGTERM');
  coordinator.stop('SIGINT');
  expect(await outcome).toEqual(nothingDone);
  expect(workers.all.map(({ signals }) => signals)).toEqual([['SIGKILL'], ['SIGKILL']]);
  expect([clock.now(), clock.pending]).toEqual([0, []]);
});

test('a worker with a closed channel gets the signal itself', async () => {
  const { workers, coordinator, outcome } = await running(busy);
  for (const worker of workers.all) worker.reachable = false;
  coordinator.stop('SIGINT');
  expect(await outcome).toEqual({ ...nothingDone, stopped: 'SIGINT' });
  expect(workers.all.map(({ signals }) => signals)).toEqual([['SIGINT'], ['SIGINT']]);
});

test('a stop cancels back-offs', async () => {
  const { workers, coordinator, outcome, clock } = await running((worker, message) =>
    message.type === 'assign' ? worker.exit(143) : busy(worker, message),
  );
  expect(workers.alive).toEqual([]);
  expect(clock.pending).toEqual([60_000]);
  coordinator.stop('SIGTERM');
  expect(await outcome).toEqual(nothingDone);
  expect(clock.pending).toEqual([]);
});

test('a stop does not extend the deadline of a finishing worker, and no deadline outlives its worker', async () => {
  const idle: Script = (worker, message) => {
    if (message.type === 'start') worker.say({ type: 'ready' });
    if (message.type === 'assign') worker.say({ type: 'complete', shard: message.shard });
  };
  const late = await running(idle, 500);
  await late.clock.advance(400);
  late.coordinator.stop('SIGTERM');
  await late.clock.advance(100);
  expect(late.workers.all.map(({ signals }) => signals)).toEqual([['SIGKILL'], ['SIGKILL']]);
  expect(await late.outcome).toEqual({ completed: [0, 1, 2], failed: [], stopped: 'SIGTERM' });

  const soon = await running(idle, 500);
  await soon.clock.advance(400);
  soon.coordinator.stop('SIGTERM');
  for (const worker of soon.workers.all) worker.exit(0);
  await soon.outcome;
  expect(soon.clock.pending).toEqual([]);
});

test('a stop may come before the run, after it, and from within an event', async () => {
  const workers = new FakeWorkers(busy);
  const options = { slots: 3, shards: [0, 1, 2], spawn: workers.spawn, clock: new FakeClock() };
  const events: string[] = [];
  const before = new Coordinator({ ...options, onEvent: ({ type }) => events.push(type) });
  before.stop('SIGTERM');
  expect(await before.run()).toEqual(nothingDone);
  before.stop('SIGTERM');
  expect(events).toEqual(['stopping', 'stopped']);
  expect(workers.all).toEqual([]);

  const after = new Coordinator({ ...options, shards: [], onEvent: ({ type }) => events.push(type) });
  await after.run();
  after.stop('SIGTERM');
  expect(events).toEqual(['stopping', 'stopped']);

  const within: Coordinator = new Coordinator({
    ...options,
    onEvent: ({ type }) => type === 'spawned' && within.stop('SIGTERM'),
  });
  expect(await within.run()).toEqual(nothingDone);
  expect(workers.all).toHaveLength(1);
  expect(options.clock.pending).toEqual([]);
});
