import { expect, test } from 'vitest';
import { groupFailed, groupPassed, nextGroup } from './checked.js';
import type { PoisonKind } from './failures/isolation.js';
import { DEFAULT_POLICY } from './failures/retry-policy.js';
import type { ToWorker } from './messages.js';
import { ShardPool } from './shards/shard-pool.js';
import { start, working } from './testing/fake-run.js';
import type { FakeWorker, Script } from './testing/index.js';

const SIZE = 16;

/**
 * Each shard is one batch of 16 rows, some of them poison; one life completes an isolation, unless poison is
 * deadly.
 */
function poisoned(poison: Record<number, number[]>, deadly = false): Script {
  const search = (worker: FakeWorker, { shard, isolation }: Extract<ToWorker, { type: 'assign' }>) => {
    const bad = poison[shard] ?? [];
    worker.say({ type: 'resumed', shard, sequences: 0, nextBatch: shard });
    const fail = () => {
      worker.say({
        type: 'failed',
        shard,
        batchIdx: shard,
        error: 'cuda_runtime',
        message: 'illegal address',
      });
      worker.exit(1);
    };
    if (isolation === undefined && bad.length > 0) return fail();
    let state = isolation;
    const good = new Set<number>();
    while (state !== undefined) {
      const rows = nextGroup(state, SIZE, good);
      if (rows === null) break;
      worker.say({ type: 'calling', shard, batchIdx: shard, rows, isolation: state });
      if (!rows.some((row) => bad.includes(row))) {
        state = groupPassed(state, SIZE, rows);
        for (const row of rows) good.add(row);
      } else if (deadly) return fail();
      else state = groupFailed(state, rows, { kind: 'poison_input', error: 'illegal address' });
    }
    for (const { row, ...rest } of state?.poisoned ?? [])
      worker.say({
        type: 'quarantined',
        shard,
        sequence: { id: `s${row}`, ordinal: shard * SIZE + row, ...rest },
      });
    worker.say({
      type: 'checkpoint',
      shard,
      checkpoint: 0,
      sequences: 1,
      file: 'f',
      reason: 'r',
      endBatch: shard + 1,
    });
    worker.say({ type: 'complete', shard });
  };
  return (worker, message) =>
    message.type === 'assign' ? search(worker, message) : working(() => undefined)(worker, message);
}

test.each([
  ['in a worker that survives them', false],
  ['each of which costs a worker', true],
])('the sequences at fault are found by calls %s, and the rest is embedded', async (_, deadly) => {
  const run = start(poisoned({ 1: [3, 11] }, deadly), { shards: [0, 1, 2], isolates: true });
  await run.clock.drain();
  // Once it has failed three times, it lets the others go first.
  const completed = deadly ? [0, 2, 1] : [0, 1, 2];
  expect(await run.outcome).toEqual({ completed, failed: [], stopped: null, quarantined: 2 });
  expect(run.of('breaker')).toMatchObject([{ shard: 1, batchIdx: 1 }]);
  expect(run.of('quarantined').map(({ ordinal, kind }) => [ordinal, kind])).toEqual([
    [19, 'poison_input'],
    [27, 'poison_input'],
  ]);
  // The second strike, and at most 2 k log2 n calls with it.
  expect(1 + run.of('isolating').length).toBeLessThanOrEqual(2 * 2 * Math.log2(SIZE));
});

test('without workers that can isolate, the breaker fails the shard', async () => {
  const run = start(poisoned({ 1: [3] }), { shards: [0, 1] });
  await run.clock.drain();
  expect((await run.outcome).failed).toMatchObject([{ shard: 1, kind: 'poison_input' }]);
});

test('one quarantined sequence too many ends the run, and its workers save first', async () => {
  const run = start(poisoned({ 0: [1, 2], 1: [3] }), {
    shards: [0, 1, 2, 3],
    isolates: true,
    maxQuarantined: 2,
  });
  await run.clock.drain();
  expect(await run.outcome).toMatchObject({ tooManyQuarantined: true, quarantined: 3, stopped: null });
  expect(run.of('exited').at(-1)).toMatchObject({ exitCode: 143 });
});

test('sequences quarantined earlier, in other shards or in checkpoints, count', async () => {
  const already = start(poisoned({}), { shards: [0], isolates: true, maxQuarantined: 1, quarantined: 2 });
  await already.clock.drain();
  // Nothing was found yet; a shard's first message already exceeds the limit.
  expect((await already.outcome).tooManyQuarantined).toBe(true);
  const inside = start(
    working((worker, shard) => {
      worker.say({ type: 'resumed', shard, sequences: 9, quarantined: 5 });
      worker.say({ type: 'complete', shard });
    }),
    { shards: [0, 1], maxQuarantined: 9 },
  );
  await inside.clock.drain();
  expect(await inside.outcome).toMatchObject({ tooManyQuarantined: true, quarantined: 10 });
});

/** Each shard in turn finds one sequence of this kind and saves it. */
const leavesOut = (kind: PoisonKind) =>
  working((worker, shard) => {
    worker.say({ type: 'resumed', shard, sequences: 0, quarantined: 0 });
    const sequence = { id: `s${shard}`, ordinal: shard, kind, attempts: 4, error: 'e' };
    worker.say({ type: 'quarantined', shard, sequence });
    worker.say({ type: 'complete', shard });
  });
const shards = [0, 1, 2, 3, 4, 5];

test.each(['oom', 'crash', 'hang'] as const)(
  'a sequence set aside for %s does not count as refused, and has its own limit',
  async (kind) => {
    const goesOn = start(leavesOut(kind), { shards, maxQuarantined: 1, maxSetAside: 6 });
    await goesOn.clock.drain();
    expect(await goesOn.outcome).toEqual({
      completed: shards,
      failed: [],
      stopped: null,
      quarantined: 6,
      setAside: 6,
    });
    const ends = start(leavesOut(kind), { shards, maxQuarantined: 1, maxSetAside: 3 });
    await ends.clock.drain();
    expect(await ends.outcome).toMatchObject({ tooManyQuarantined: true, quarantined: 4, setAside: 4 });
    // One limit applies to both.
    const both = start(leavesOut(kind), { shards, maxQuarantined: 2 });
    await both.clock.drain();
    expect(await both.outcome).toMatchObject({ tooManyQuarantined: true, setAside: 3 });
  },
);

test('a sequence that the model refuses does not count as set aside', async () => {
  const run = start(leavesOut('poison_input'), { shards, maxQuarantined: 6, maxSetAside: 0 });
  await run.clock.drain();
  expect(await run.outcome).toEqual({ completed: shards, failed: [], stopped: null, quarantined: 6 });
});

test('a sequence set aside counts once, however often its shard is resumed', async () => {
  const sequence = (ordinal: number) =>
    ({ id: 's', ordinal, kind: 'crash', attempts: 4, error: 'e' }) as const;
  const run = start(
    working((worker, shard, attempt) => {
      worker.say({ type: 'resumed', shard, sequences: 0, quarantined: 0 });
      // It is durable now, but the resumed shard reports no refused sequence.
      worker.say({ type: 'quarantined', shard, sequence: sequence(attempt) });
      worker.say({ type: 'quarantined', shard, sequence: sequence(1) });
      if (attempt < 5) worker.exit(null, 'SIGKILL');
      else worker.say({ type: 'complete', shard });
    }),
    { shards: [0], maxQuarantined: 9, maxSetAside: 2 },
  );
  await run.clock.drain();
  expect(await run.outcome).toMatchObject({ tooManyQuarantined: true, setAside: 3 });
});

test('a sequence is reported once, though it is found again after a worker was lost', async () => {
  const sequence = { id: 'a', ordinal: 7, kind: 'poison_input', attempts: 3, error: 'e' } as const;
  const run = start(
    working((worker, shard, attempt) => {
      worker.say({ type: 'resumed', shard, sequences: 0, quarantined: 0 });
      worker.say({ type: 'quarantined', shard, sequence });
      if (attempt === 1) worker.exit(null, 'SIGKILL');
      else worker.say({ type: 'complete', shard });
    }),
    { shards: [0] },
  );
  await run.clock.drain();
  expect((await run.outcome).quarantined).toBe(1);
  expect(run.of('quarantined')).toHaveLength(1);
});

test.each(['SIGSEGV', 'SIGABRT'])(
  'a batch at which every worker crashes is isolated, too: %s',
  async (signal) => {
    const ends = () =>
      start(
        (worker, message) => {
          if (message.type !== 'assign') return working(() => undefined)(worker, message);
          const { shard, isolation } = message;
          worker.say({ type: 'resumed', shard, sequences: 0, nextBatch: 4 });
          if (isolation === undefined) return worker.exit(null, signal);
          worker.say({ type: 'complete', shard });
        },
        { shards: [0], isolates: true },
      );
    const crash = ends();
    await crash.clock.drain();
    expect((await crash.outcome).completed).toEqual([0]);
    expect(crash.of('breaker')).toMatchObject([{ batchIdx: 4, reason: '4 workers died at batch 4' }]);
  },
);

test.each([
  ['that ended four workers', 4, [[], [], []]],
  ['that fails in the model', 0, [[], []]],
])(
  'a kill from outside during the isolation of a batch %s does not blame the group',
  async (_, deaths, alone) => {
    let dead = 0;
    let kills = 0;
    const run = start(
      (worker, message) => {
        if (message.type !== 'assign') return working(() => undefined)(worker, message);
        const { shard, isolation } = message;
        worker.say({ type: 'resumed', shard, sequences: 0, nextBatch: 0 });
        if (isolation === undefined && dead++ < deaths) return worker.exit(null, 'SIGSEGV');
        if (isolation === undefined) {
          worker.say({ type: 'failed', shard, batchIdx: 0, error: 'cuda_runtime', message: 'm' });
          return worker.exit(1);
        }
        if (kills++ > 0 && (deaths === 0 || kills > 2)) return worker.say({ type: 'complete', shard });
        worker.say({ type: 'calling', shard, batchIdx: 0, rows: [3], isolation });
        worker.exit(null, 'SIGKILL');
      },
      { shards: [0], isolates: true },
    );
    await run.clock.drain();
    const suspected = rowsOf(run).map((state) => [...state.alone, ...state.poisoned.map(({ row }) => row)]);
    expect(suspected).toEqual(alone);
  },
);

/** An isolation of batch 0; a worker dies during, or after, the call on a group, as given. */
const dying = (deaths: (worker: FakeWorker, nth: number) => void) => {
  let nth = 0;
  return start(
    (worker, message) => {
      if (message.type !== 'assign') return working(() => undefined)(worker, message);
      const { shard, isolation } = message;
      if (isolation === undefined) {
        worker.say({ type: 'failed', shard, batchIdx: 0, error: 'cuda_runtime', message: 'm' });
        return worker.exit(1);
      }
      deaths(worker, nth++);
    },
    { shards: [0], isolates: true },
  );
};
const rowsOf = (run: ReturnType<typeof start>) =>
  run.workers.all.flatMap(({ received }) =>
    received.flatMap((message) =>
      message.type === 'assign' && message.isolation ? [message.isolation] : [],
    ),
  );

test('a sequence with which a worker dies alone gets a second call before it is found at fault', async () => {
  const run = dying((worker, nth) => {
    if (nth === 2) return worker.say({ type: 'complete', shard: 0 });
    worker.say({ type: 'calling', shard: 0, batchIdx: 0, rows: [3] });
    worker.exit(null, 'SIGSEGV');
  });
  await run.clock.drain();
  expect(rowsOf(run).map(({ alone, poisoned }) => [alone, poisoned.map(({ row }) => row)])).toEqual([
    [[], []],
    [[3], []],
    [[], [3]],
  ]);
  expect(rowsOf(run).at(-1)?.poisoned).toMatchObject([{ attempts: 4 }]);
});

test('a worker that dies after its call returned does not blame the group', async () => {
  const run = dying((worker, nth) => {
    if (nth === 2) return worker.say({ type: 'complete', shard: 0 });
    worker.say({ type: 'calling', shard: 0, batchIdx: 0, rows: [3] });
    worker.say({ type: 'returned', shard: 0 });
    worker.exit(null, 'SIGSEGV');
  });
  await run.clock.drain();
  expect(rowsOf(run).every(({ alone, poisoned }) => alone.length + poisoned.length === 0)).toBe(true);
  expect(run.of('retry').slice(-2)).toMatchObject([
    { reason: 'attempt 2 of 4' },
    { reason: 'attempt 3 of 4' },
  ]);
});

test('a slot whose device fails on everything quarantines nothing: another slot isolates, or the shard fails', async () => {
  const script: Script = (worker, message) => {
    if (message.type !== 'assign') return working(() => undefined)(worker, message);
    const { shard, isolation } = message;
    if (worker.slot > 0) {
      // The first is busy for a while, so nobody else takes what fails in slot 0.
      const ms = isolation === undefined ? 5000 : 0;
      void run.clock
        .sleep(ms, new AbortController().signal)
        .then(() => worker.say({ type: 'complete', shard }));
      return;
    }
    const error = isolation === undefined ? 'cuda_runtime' : 'unfit_device';
    worker.say({ type: 'failed', shard, batchIdx: 0, error, message: 'it fails on everything' });
    worker.exit(1);
  };
  let run = start(script, { shards: [0, 1, 2], slots: 2, isolates: true });
  await run.clock.drain();
  expect((await run.outcome).completed.toSorted()).toEqual([0, 1, 2]);
  expect(run.of('failed').every(({ kind }) => kind === 'poison_input')).toBe(true);

  run = start(script, { shards: [0], slots: 1, isolates: true });
  await run.clock.drain();
  expect((await run.outcome).failed).toMatchObject([{ shard: 0, kind: 'transient' }]);
  expect(run.of('failed').map(({ kind }) => kind)).toEqual([
    ...Array(2).fill('poison_input'),
    ...Array(4).fill('transient'),
  ]);
});

test.each([
  ['is closed', 0, [{ type: 'slot_closed', slot: 0, reason: 'it fails on everything' }]],
  ['that embeds something in between stays', 2, []],
])('a slot whose workers find its device at fault three times in a row %s', async (_, every, closed) => {
  let assigned = 0;
  const script: Script = (worker, message) => {
    if (message.type !== 'assign') return working(() => undefined)(worker, message);
    const { shard } = message;
    const well = worker.slot > 0 || (every > 0 && ++assigned % every === 0);
    if (well) {
      const saved = { checkpoint: 0, sequences: 1, file: 'f', reason: 'r', endBatch: 1 };
      if (worker.slot === 0) worker.say({ type: 'checkpoint', shard, ...saved });
      void run.clock
        .sleep(1000, new AbortController().signal)
        .then(() => worker.say({ type: 'complete', shard }));
      return;
    }
    worker.say({
      type: 'failed',
      shard,
      batchIdx: 0,
      error: 'unfit_device',
      message: 'it fails on everything',
    });
    worker.exit(1);
  };
  const shards = Array.from({ length: 12 }, (_, shard) => shard);
  const run = start(script, { shards, slots: 2, isolates: true });
  await run.clock.drain();
  expect((await run.outcome).completed).toHaveLength(12);
  expect(run.of('slot_closed')).toEqual(closed);
});

test('deaths between the calls of an isolation lose nothing it found, and blame nothing', async () => {
  const run = dying((worker, nth) => {
    if (nth >= 7) return worker.say({ type: 'complete', shard: 0 });
    worker.say({ type: 'resumed', shard: 0, sequences: 0, nextBatch: 0 });
    if (nth < 2) worker.say({ type: 'calling', shard: 0, batchIdx: 0, rows: [3] });
    worker.exit(null, 'SIGSEGV');
  });
  await run.clock.drain();
  // Two deaths find row 3; four others fail the shard.
  const { poisoned, strikes, failures } = rowsOf(run).at(-1)!;
  expect([poisoned.map(({ row, attempts }) => [row, attempts]), strikes, failures]).toEqual([
    [[3, 4]],
    2,
    [0, 0, 0, 2],
  ]);
  expect(run.of('breaker')).toHaveLength(1);
  expect((await run.outcome).failed).toMatchObject([{ kind: 'transient' }]);
});

test('a second isolation of the same batch keeps what the first one found', () => {
  const pool = new ShardPool([0], DEFAULT_POLICY, { isolates: true });
  const at = { now: Number.POSITIVE_INFINITY, slot: 0, open: [0] };
  const fails = (inCall: number[] | null) => {
    pool.take(at);
    pool.fail(0, { kind: 'poison_input', batchIdx: 0, message: 'm', inCall }, at);
  };
  // The batch twice, then a row alone, twice, and once more nobody knows with what.
  for (const inCall of [null, null, [3], [3], null]) fails(inCall);
  const { poisoned, failures } = pool.recovery(0)!.isolation!;
  expect([poisoned.map(({ row }) => row), failures]).toEqual([[3], [0, 0, 0, 2]]);
});
