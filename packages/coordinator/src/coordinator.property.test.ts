import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Coordinator } from './coordinator.js';
import type { CoordinatorEvent } from './events.js';
import { FakeClock, type FakeWorker, FakeWorkers, type Script } from './testing/index.js';

const FATES = ['done', 'crash', 'killed', 'oom', 'poison', 'preempted', 'quits', 'checkpoint'] as const;
type Fate = (typeof FATES)[number];

/** What happens to a worker with a shard. */
function suffer(worker: FakeWorker, shard: number, fate: Fate): void {
  const fail = (error: string, message: string) => {
    worker.say({ type: 'failed', shard, batchIdx: 0, error, message });
    worker.exit(1);
  };
  if (fate === 'done') worker.say({ type: 'complete', shard });
  if (fate === 'crash') worker.exit(1);
  if (fate === 'killed') worker.exit(null, 'SIGKILL');
  if (fate === 'oom') fail('cuda_oom', 'CUDA out of memory');
  if (fate === 'poison') fail('cuda_runtime', 'illegal address');
  if (fate === 'preempted') worker.exit(143);
  if (fate === 'quits') worker.exit(0);
  if (fate === 'checkpoint') {
    worker.say({ type: 'checkpoint', shard, checkpoint: 0, sequences: 1, file: 'f', reason: 'r' });
    worker.exit(1);
  }
}

interface Plan {
  slots: number;
  shards: number[];
  fates: Fate[];
  badStart: number;
  workMs: number[];
}
const plan: fc.Arbitrary<Plan> = fc.record({
  slots: fc.integer({ min: 1, max: 4 }),
  shards: fc.uniqueArray(fc.nat(50), { maxLength: 8 }),
  fates: fc.array(fc.constantFrom(...FATES), { maxLength: 60 }),
  /** Every nth worker fails to start: never three in a row. */
  badStart: fc.integer({ min: 2, max: 9 }),
  /** Milliseconds of work per shard, so workers overlap in time. */
  workMs: fc.array(fc.nat(3000), { minLength: 1, maxLength: 5 }),
});

function simulate({ slots, shards, fates, badStart, workMs }: Plan) {
  const clock = new FakeClock();
  const events: (CoordinatorEvent & { at: number })[] = [];
  // Collected: an exception in a callback would not reach the test.
  const violations: string[] = [];
  const due = [...fates];
  let started = 0;
  let works = 0;
  const script: Script = async (worker, message) => {
    if (message.type === 'start') {
      if (++started % badStart === 0) worker.exit(1);
      else worker.say({ type: 'ready' });
    } else if (message.type === 'assign') {
      const { shard } = message;
      const holders = workers.alive.filter((other) => holding.get(other) === shard);
      if (holders.length > 0) violations.push(`shard ${shard} is with a live worker already`);
      holding.set(worker, shard);
      await clock.sleep(workMs[works++ % workMs.length]!, new AbortController().signal);
      holding.delete(worker);
      suffer(worker, shard, due.shift() ?? 'done');
    } else {
      worker.exit(message.type === 'stop' ? 143 : 0);
    }
  };
  const workers = new FakeWorkers(script);
  const holding = new Map<FakeWorker, number>();
  const coordinator = new Coordinator({
    slots,
    shards,
    spawn: (...args) => {
      if (workers.alive.length >= slots) violations.push('more workers than slots');
      return workers.spawn(...args);
    },
    clock,
    onEvent: (event) => events.push({ ...event, at: clock.now() }),
  });
  return { clock, events, workers, coordinator, violations };
}

test('whatever fails, every shard ends complete or failed, once, and no two live workers have the same', async () => {
  await fc.assert(
    fc.asyncProperty(plan, async (given) => {
      const { clock, events, workers, coordinator, violations } = simulate(given);
      const outcome = coordinator.run();
      await clock.drain();
      const { completed, failed, stopped, startupFailure } = await outcome;
      expect(violations).toEqual([]);
      expect([stopped, startupFailure]).toEqual([null, undefined]);
      const ended = [...completed, ...failed.map(({ shard }) => shard)];
      expect(ended.sort((a, b) => a - b)).toEqual([...given.shards].sort((a, b) => a - b));
      expect(workers.alive).toEqual([]);
      expect(clock.pending).toEqual([]);
      // A shard is not assigned before its back-off ends, and is assigned then.
      for (const [i, event] of events.entries()) {
        if (event.type !== 'retry' || event.slotOnly) continue;
        const next = events
          .slice(i)
          .find((later) => later.type === 'assigned' && later.shard === event.shard);
        // Its last slot may have closed meanwhile.
        if (next === undefined) expect(failed.map(({ shard }) => shard)).toContain(event.shard);
        else expect(next.at).toBeGreaterThanOrEqual(event.at + event.delayMs);
      }
    }),
    { numRuns: 300 },
  );
});

test('a run stopped at any time leaves no worker, and no shard ends twice', async () => {
  await fc.assert(
    fc.asyncProperty(plan, fc.nat(100_000), async (given, stopAt) => {
      const { clock, workers, coordinator, violations } = simulate(given);
      const outcome = coordinator.run();
      await clock.advance(stopAt);
      const wasOver = workers.alive.length === 0 && clock.pending.length === 0;
      coordinator.stop('SIGTERM');
      const spawned = workers.all.length;
      await clock.drain();
      const { completed, failed, stopped } = await outcome;
      expect(violations).toEqual([]);
      if (!wasOver) expect(stopped).toBe('SIGTERM');
      const ended = [...completed, ...failed.map(({ shard }) => shard)];
      expect(new Set(ended).size).toBe(ended.length);
      expect(given.shards).toEqual(expect.arrayContaining(ended));
      expect([workers.all.length, workers.alive]).toEqual([spawned, []]);
    }),
    { numRuns: 150 },
  );
});
