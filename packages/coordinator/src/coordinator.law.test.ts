import fc from 'fast-check';
import { expect, test } from 'vitest';
import { groupFailed, groupPassed, nextGroup, startIsolation } from './checked.js';
import { Coordinator } from './coordinator.js';
import type { CoordinatorEvent } from './events.js';
import type { Isolation } from './failures/isolation.js';
import { DEFAULT_POLICY } from './failures/retry-policy.js';
import type { ToWorker } from './messages.js';
import { FakeClock, type FakeWorker, FakeWorkers, type Script } from './testing/index.js';

// A whole run in miniature: shards of batches of sequences, on a disk that outlives workers and coordinators.
// Some sequences are poison, some fit into memory only alone, some never. Everything else that can end a
// worker comes in any order.

const BATCHES = 3;
const ROWS = 6;

/** What may happen to a worker at a model call, apart from the effects of its sequences. */
const FATES = [
  'none',
  'crash',
  'sigkill',
  'sigterm',
  'segfault',
  'oom',
  'hang',
  'sigstop',
  'eio',
  'oom_killer',
] as const;
type Fate = (typeof FATES)[number];

interface World {
  slots: number;
  shards: number;
  poison: number[];
  /** Sequences that fit into memory only in calls of at most `most`; 0: never. */
  large: [ordinal: number, most: number][];
  /** Whether a model call on poison kills the worker, or leaves it usable. */
  deadly: boolean;
  /** Slots whose device fails every call. */
  unfit: number[];
  fates: Fate[];
  /** When the coordinator is killed and restarted, in calls. */
  restarts: number[];
  /**
   * While the count of calls over all lives is in `[from, end)`, at most `most` sequences fit into one; 0:
   * none.
   */
  limits: { from: number; end: number; most: number }[];
}

const ordinals = (shards: number) => shards * BATCHES * ROWS;
const world: fc.Arbitrary<World> = fc.integer({ min: 1, max: 4 }).chain((shards) => {
  const ordinal = fc.nat(ordinals(shards) - 1);
  return fc.record({
    slots: fc.integer({ min: 1, max: 3 }),
    shards: fc.constant(shards),
    poison: fc.uniqueArray(ordinal, { maxLength: 5 }),
    large: fc.uniqueArray(fc.tuple(ordinal, fc.integer({ min: 0, max: 4 })), {
      maxLength: 3,
      selector: ([at]) => at,
    }),
    deadly: fc.boolean(),
    unfit: fc.uniqueArray(fc.nat(2), { maxLength: 2 }),
    fates: fc.array(fc.constantFrom(...FATES), { maxLength: 60 }),
    restarts: fc.uniqueArray(fc.nat(60), { maxLength: 2 }),
    limits: fc.constant([]),
  });
});
/**
 * All trouble comes from outside and passes: the sequences have no fault but poison, and every device is
 * good.
 */
const outside: fc.Arbitrary<World> = fc
  .tuple(
    world,
    fc.array(fc.record({ from: fc.nat(60), calls: fc.integer({ min: 1, max: 30 }), most: fc.nat(3) }), {
      maxLength: 3,
    }),
  )
  .map(([given, limits]) => ({
    ...given,
    large: [],
    unfit: [],
    limits: limits.map(({ from, calls, most }) => ({ from, end: from + calls, most })),
  }));

interface Disk {
  /** Saved batches, by shard. */
  saved: number[];
  embedded: number[];
  quarantined: Map<number, string>;
  /** The coordinator's records, as text. */
  recoveries: Map<number, string>;
  failed: Set<number>;
  complete: Set<number>;
  /** Model calls so far. */
  calls: number;
}

const newDisk = (shards: number): Disk => ({
  saved: Array.from({ length: shards }, () => 0),
  embedded: [],
  quarantined: new Map(),
  recoveries: new Map(),
  failed: new Set(),
  complete: new Set(),
  calls: 0,
});

class Ended extends Error {}

/** One life of the coordinator over the disk; ends when all is settled, or after `calls.left` calls. */
async function live(
  given: World,
  disk: Disk,
  clock: FakeClock,
  fates: Fate[],
  calls: { left: number },
  /** Whether only set-aside sequences are reattempted. */
  retries = false,
) {
  const events: CoordinatorEvent[] = [];
  let oomKills = 0;
  let killed = false;
  const large = new Map(given.large);
  const fits = (group: readonly number[]) =>
    group.every((ordinal) => (large.get(ordinal) ?? ROWS) >= group.length) &&
    given.limits.every(
      ({ from, end, most }) => disk.calls < from || disk.calls >= end || group.length <= most,
    );

  async function call(
    worker: FakeWorker,
    group: readonly number[],
    say: (error: string, message: string) => never,
  ) {
    await clock.sleep(10, new AbortController().signal);
    if (killed || !worker.alive) throw new Ended();
    disk.calls++;
    if (--calls.left === 0) {
      // The coordinator and its workers are killed.
      killed = true;
      throw new Ended();
    }
    const die = (...how: Parameters<FakeWorker['exit']>): never => {
      worker.exit(...how);
      throw new Ended();
    };
    const fate = fates.shift() ?? 'none';
    if (fate === 'crash') die(1);
    if (fate === 'sigkill') die(null, 'SIGKILL');
    if (fate === 'sigterm') die(null, 'SIGTERM');
    if (fate === 'segfault') die(null, 'SIGSEGV');
    if (fate === 'oom') say('cuda_oom', 'out of memory');
    if (fate === 'eio') say('EIO', 'read failed');
    if (fate === 'oom_killer') {
      oomKills++;
      die(null, 'SIGKILL');
    }
    if (fate === 'sigstop') worker.shown = { stopped: true, cpuMs: 0 };
    if (fate === 'hang' || fate === 'sigstop') {
      worker.heedsSignals = false;
      await clock.sleep(1e12, new AbortController().signal);
      throw new Ended();
    }
    if (!fits(group)) say('cuda_oom', 'out of memory');
    if (given.unfit.includes(worker.slot)) return 'poison' as const;
    return group.some((ordinal) => given.poison.includes(ordinal)) ? ('poison' as const) : ('good' as const);
  }

  async function work(
    worker: FakeWorker,
    { shard, budget, isolation }: Extract<ToWorker, { type: 'assign' }>,
  ) {
    const ordinal = (batch: number, row: number) => (shard * BATCHES + batch) * ROWS + row;
    const first = disk.saved[shard]!;
    worker.say({ type: 'resumed', shard, sequences: first * ROWS, nextBatch: first });
    for (let batch = first; batch < BATCHES; batch++) {
      const rowsOf = (group: readonly number[]) => group.map((row) => ordinal(batch, row));
      const fail = (error: string, message: string): never => {
        worker.say({ type: 'failed', shard, batchIdx: batch, error, message });
        worker.exit(1);
        throw new Ended();
      };
      const good = new Set<number>();
      let state: Isolation | null = isolation?.batchIdx === batch ? isolation : null;
      // Prove the device before blaming a sequence.
      if (state !== null && given.unfit.includes(worker.slot)) fail('unfit_device', 'it fails on everything');
      const most =
        budget === undefined ? ROWS : budget.halvings === null ? 1 : Math.max(1, ROWS >> budget.halvings);
      for (;;) {
        const left = Array.from({ length: ROWS }, (_, row) => row).filter((row) => !good.has(row));
        const group = state === null ? left.slice(0, most) : nextGroup(state, ROWS, good);
        if (group === null || group.length === 0) break;
        if (state !== null || most < ROWS)
          worker.say({
            type: 'calling',
            shard,
            batchIdx: batch,
            rows: group,
            ...(state === null ? {} : { isolation: state }),
          });
        if (state?.hangs && group.length === 1) {
          worker.say({ type: 'control', shard, batchIdx: batch, rows: group, isolation: state });
          await call(worker, [], fail);
          worker.say({ type: 'calling', shard, batchIdx: batch, rows: group, isolation: state });
        }
        const what = await call(worker, rowsOf(group), fail);
        if (state !== null && !given.deadly) worker.say({ type: 'returned', shard });
        if (what === 'poison') {
          if (state === null || given.deadly) fail('cuda_runtime', 'illegal address');
          state = groupFailed(state!, group, { kind: 'poison_input', error: 'illegal address' });
        } else {
          if (state !== null) state = groupPassed(state, ROWS, group);
          for (const row of group) good.add(row);
        }
      }
      if (killed) throw new Ended();
      // One durable step, like a checkpoint.
      disk.saved[shard] = batch + 1;
      disk.embedded.push(...rowsOf([...good]));
      for (const { row, kind } of state?.poisoned ?? []) disk.quarantined.set(ordinal(batch, row), kind);
      worker.say({ type: 'progress', shard, sequences: ROWS, nextBatch: batch + 1 });
      worker.say({
        type: 'checkpoint',
        shard,
        checkpoint: batch,
        sequences: good.size,
        file: 'f',
        reason: 'r',
        endBatch: batch + 1,
      });
    }
    disk.complete.add(shard);
    worker.say({ type: 'complete', shard });
  }

  /** Reattempts each set-aside sequence of a shard, alone and once. */
  async function retry(worker: FakeWorker, { shard, isolation }: Extract<ToWorker, { type: 'assign' }>) {
    worker.say({ type: 'resumed', shard, sequences: BATCHES * ROWS });
    for (let batch = 0; batch < BATCHES; batch++) {
      if (isolation && batch < isolation.batchIdx) continue;
      const ordinal = (row: number) => (shard * BATCHES + batch) * ROWS + row;
      const due = Array.from({ length: ROWS }, (_, row) => row).filter((row) => {
        const kind = disk.quarantined.get(ordinal(row));
        return kind !== undefined && kind !== 'poison_input';
      });
      if (due.length === 0) continue;
      const fail = (error: string, message: string): never => {
        worker.say({ type: 'failed', shard, batchIdx: batch, error, message });
        worker.exit(1);
        throw new Ended();
      };
      let state = isolation?.batchIdx === batch ? isolation : startIsolation(batch, 0, { alone: due });
      const good = new Set(Array.from({ length: ROWS }, (_, row) => row).filter((row) => !due.includes(row)));
      const found: number[] = [];
      for (;;) {
        const group = nextGroup(state, ROWS, good);
        if (group === null) break;
        worker.say({ type: 'calling', shard, batchIdx: batch, rows: group, isolation: state });
        const what = await call(worker, group.map(ordinal), fail);
        if (what === 'poison' && given.deadly) fail('cuda_runtime', 'illegal address');
        worker.say({ type: 'returned', shard });
        if (what === 'poison')
          state = groupFailed(state, group, { kind: 'poison_input', error: 'illegal address' });
        else {
          state = groupPassed(state, ROWS, group);
          for (const row of group) good.add(row);
          found.push(...group);
        }
      }
      if (killed) throw new Ended();
      for (const row of found) {
        disk.quarantined.delete(ordinal(row));
        disk.embedded.push(ordinal(row));
      }
      for (const { row, kind } of state.poisoned)
        if (kind === 'poison_input') disk.quarantined.set(ordinal(row), kind);
    }
    worker.say({ type: 'complete', shard });
  }

  const script: Script = (worker, message) => {
    if (message.type === 'start') worker.say({ type: 'ready' });
    else if (message.type !== 'assign') worker.exit(message.type === 'stop' ? 143 : 0);
    else
      (retries ? retry : work)(worker, message).catch((error: unknown) => {
        if (!(error instanceof Ended)) throw error;
      });
  };
  const workers = new FakeWorkers(script);
  const coordinator = new Coordinator({
    slots: retries ? 1 : given.slots,
    shards: Array.from({ length: given.shards }, (_, shard) => shard).filter(
      (shard) => retries || !disk.complete.has(shard),
    ),
    spawn: workers.spawn,
    clock,
    isolates: true,
    stallMs: 10_000,
    oomKiller: { kills: () => oomKills },
    records: {
      recoveries: async () =>
        new Map([...disk.recoveries].map(([shard, text]) => [shard, JSON.parse(text) as unknown])),
      async recordRecovery(shard, recovery) {
        if (killed || retries) return;
        if (recovery === null) disk.recoveries.delete(shard);
        else disk.recoveries.set(shard, JSON.stringify(recovery));
      },
      recordRedistribution: async () => undefined,
    },
    onEvent: (event) => {
      if (!killed) events.push(event);
    },
    onShardFailed: async (shard) => {
      if (!killed) disk.failed.add(shard);
    },
  });
  const outcome = coordinator.run();
  // A real run ends long before a thousand hours.
  for (let hours = 0; hours < 1000 && !killed && !(await settled(outcome)); hours++)
    await clock.advance(3_600_000);
  // Each kill that the kernel counts explains one death.
  const struck = events.filter(
    ({ type, ...event }) => type === 'failed' && 'message' in event && /killer struck/.test(event.message),
  );
  expect(struck.length).toBeLessThanOrEqual(oomKills);
  return { events, killed, outcome: killed ? null : await withinTurns(outcome), workers };
}

const NOT_YET = Symbol('not yet');
const settled = async (promise: Promise<unknown>) =>
  (await Promise.race([promise, new Promise((resolve) => setImmediate(() => resolve(NOT_YET)))])) !== NOT_YET;
async function withinTurns<T>(promise: Promise<T>): Promise<T> {
  const ended = await Promise.race([
    promise,
    new Promise((resolve) => setTimeout(() => resolve(NOT_YET), 100)),
  ]);
  if (ended === NOT_YET) throw new Error('the run does not end');
  return ended as T;
}

/**
 * Counts retries with a limit, by shard and kind, since the shard last made progress; over all lives of the
 * coordinator.
 */
function checkPolicy(events: readonly CoordinatorEvent[], spent: Map<string, number>, killed: number): void {
  let kind = '';
  for (const event of events) {
    if (event.type === 'failed') kind = event.kind;
    // A shard that runs out on one slot goes to another with fresh retries.
    const refilled = event.type === 'retry' && event.reason.startsWith('exhausted');
    // A failed shard has fresh retries in the next run.
    if (event.type === 'checkpoint' || event.type === 'shard_failed' || refilled)
      for (const key of spent.keys()) if (key.startsWith(`${event.shard} `)) spent.delete(key);
    // Preemptions are retried without limit.
    if (event.type === 'shard_failed') expect(event.kind).not.toBe('spot_preemption');
    if (event.type !== 'retry') continue;
    if (kind === 'spot_preemption' && !event.reason.startsWith('worker killed'))
      expect(event.delayMs).toBe(60_000);
    if (!event.reason.startsWith('attempt')) continue;
    const key = `${event.shard} ${kind}`;
    spent.set(key, (spent.get(key) ?? 0) + 1);
    // Records that a killed coordinator had not written yet do not count.
    expect(spent.get(key)).toBeLessThanOrEqual(DEFAULT_POLICY.maxRetriesTransient + killed);
  }
}

test('every sequence is embedded or quarantined, once, or its shard is reported failed; and every run ends', async () => {
  await fc.assert(
    fc.asyncProperty(world, async (given) => {
      const disk = newDisk(given.shards);
      const fates = [...given.fates];
      const restarts = [...given.restarts];
      const spent = new Map<string, number>();
      for (;;) {
        const calls = { left: restarts.shift() ?? Number.POSITIVE_INFINITY };
        const { events, killed, outcome, workers } = await live(given, disk, new FakeClock(), fates, calls);
        checkPolicy(events, spent, given.restarts.length - restarts.length);
        if (killed) continue;
        expect(workers.alive).toEqual([]);
        const ended = [...outcome!.completed, ...outcome!.failed.map(({ shard }) => shard)];
        expect(new Set([...ended, ...disk.complete]).size).toBe(given.shards);
        break;
      }
      const twice = disk.embedded.filter((each, at) => disk.embedded.indexOf(each) !== at);
      expect(twice).toEqual([]);
      for (let ordinal = 0; ordinal < ordinals(given.shards); ordinal++) {
        const shard = Math.floor(ordinal / (BATCHES * ROWS));
        const embedded = disk.embedded.includes(ordinal);
        const out = disk.quarantined.has(ordinal);
        if (embedded && out) throw new Error(`${ordinal} is embedded and quarantined`);
        if (!embedded && !out) expect(disk.failed).toContain(shard);
        // Poison is never embedded.
        if (given.poison.includes(ordinal)) expect(embedded).toBe(false);
      }
      // Without trouble from outside, exactly the sequences at fault are quarantined, and no shard fails.
      if (given.fates.every((fate) => fate === 'none')) {
        const never = given.large.filter(([, most]) => most === 0).map(([ordinal]) => ordinal);
        const atFault = new Set([...given.poison, ...never]);
        for (const ordinal of disk.quarantined.keys()) expect(atFault).toContain(ordinal);
        // One good slot is enough.
        if (Array.from({ length: given.slots }).every((_, slot) => given.unfit.includes(slot))) return;
        expect(disk.failed).toEqual(new Set());
        expect(new Set(disk.quarantined.keys())).toEqual(atFault);
      }
    }),
    { numRuns: 1500 },
  );
});

test('whatever trouble comes from outside, enough reruns quarantine exactly the poison and embed all else once', async () => {
  await fc.assert(
    fc.asyncProperty(outside, async (given) => {
      const disk = newDisk(given.shards);
      const fates = [...given.fates];
      const restarts = [...given.restarts];
      const setAside = () => [...disk.quarantined.values()].some((kind) => kind !== 'poison_input');
      // The trouble is temporary: there are 60 fates, and limits end after 90 calls.
      for (let run = 0; run < 60; run++) {
        const calls = { left: restarts.shift() ?? Number.POSITIVE_INFINITY };
        disk.failed.clear();
        const { killed } = await live(given, disk, new FakeClock(), fates, calls);
        if (killed || disk.complete.size < given.shards) continue;
        if (setAside()) await live(given, disk, new FakeClock(), fates, calls, true);
        if (!setAside()) break;
      }
      expect([...disk.quarantined].sort(([a], [b]) => a - b)).toEqual(
        given.poison.toSorted((a, b) => a - b).map((ordinal) => [ordinal, 'poison_input']),
      );
      const others = Array.from({ length: ordinals(given.shards) }, (_, ordinal) => ordinal);
      expect(disk.embedded.toSorted((a, b) => a - b)).toEqual(
        others.filter((ordinal) => !given.poison.includes(ordinal)),
      );
    }),
    { numRuns: 1500 },
  );
});
