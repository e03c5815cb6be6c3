import { expect, test } from 'vitest';
import { start, working } from './testing/fake-run.js';
import type { FakeWorker, Script } from './testing/index.js';

const saved = { checkpoint: 0, sequences: 1, file: 'f', reason: 'r' };

/** Runs the nth script on the nth assignment, and completes the shard after the last. */
const lives = (...acts: ((worker: FakeWorker) => void)[]): Script => {
  let nth = 0;
  return working((worker, shard) => {
    worker.say({ type: 'resumed', shard, sequences: 0, nextBatch: 0 });
    const act = acts[nth++];
    if (act === undefined) worker.say({ type: 'complete', shard });
    else act(worker);
  });
};
const killed = (worker: FakeWorker) => worker.exit(null, 'SIGKILL');
const times = <T>(count: number, each: T): T[] => Array.from({ length: count }, () => each);

test('a worker killed from outside twelve times spends no retries and blames no batch; the retries come slower', async () => {
  const run = start(lives(...times(12, killed)), { shards: [0], isolates: true });
  await run.clock.drain();
  expect((await run.outcome).completed).toEqual([0]);
  expect(run.of('breaker')).toEqual([]);
  expect(run.of('failed').every(({ kind }) => kind === 'spot_preemption')).toBe(true);
  const delays = run.of('retry').map(({ delayMs }) => delayMs);
  expect(delays).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, ...times(4, 60_000)]);
  expect(run.of('retry')[2]?.reason).toBe('worker killed from outside 3 times in a row');
});

test('after a checkpoint, retries are quick again', async () => {
  const saves = (worker: FakeWorker) => {
    worker.say({ type: 'checkpoint', shard: 0, ...saved, endBatch: 1 });
    killed(worker);
  };
  const run = start(lives(...times(4, killed), saves, killed), { shards: [0] });
  await run.clock.drain();
  expect(run.of('retry').map(({ delayMs }) => delayMs)).toEqual([250, 500, 1000, 2000, 250, 500]);
});

test('workers killed while starting are restarted, later each time, and do not end the run', async () => {
  let starts = 0;
  const run = start(
    (worker, message) => {
      if (message.type === 'start' && ++starts < 8) return killed(worker);
      return working((other, shard) => other.say({ type: 'complete', shard }))(worker, message);
    },
    { shards: [0] },
  );
  await run.clock.drain();
  expect(await run.outcome).toEqual({ completed: [0], failed: [], stopped: null });
  expect(run.clock.now()).toBe(250 * (2 ** 7 - 1));
});

test('an exit code without a reason proves nothing against a sequence: retries are spent, and no isolation begins', async () => {
  const run = start(lives(...times(9, (worker: FakeWorker) => worker.exit(1))), {
    shards: [0],
    isolates: true,
  });
  await run.clock.drain();
  expect(run.of('breaker')).toEqual([]);
  expect((await run.outcome).failed).toMatchObject([{ shard: 0, kind: 'transient' }]);
});

/** A worker that is silent from its first assignment on; the test sets what the system shows of it. */
function silent(stallMs: number) {
  const run = start(lives(...times(99, () => undefined)), {
    shards: [0],
    isolates: true,
    stallMs,
    stallGraceMs: 0,
  });
  const show = (stopped: boolean, cpuMs: number) => {
    const worker = run.workers.alive[0];
    if (worker) worker.shown = { stopped, cpuMs };
  };
  return { ...run, show };
}

test('a worker stopped by a signal is not a hang: it is killed as a preemption, and blames nothing', async () => {
  const run = silent(4000);
  for (let life = 0; life < 6; life++) {
    await run.clock.advance(100);
    run.show(true, 0);
    await run.clock.advance(4000);
    await run.clock.advance(60_000);
  }
  expect(run.of('stalled').length).toBeGreaterThanOrEqual(6);
  expect(run.of('stalled')[0]).toMatchObject({ shard: 0, why: 'stopped' });
  expect(run.of('failed')[0]).toMatchObject({
    kind: 'spot_preemption',
    message: expect.stringMatching(
      /^the worker was stopped by a signal, and made no progress for \d+(\.\d)? s$/,
    ),
  });
  run.coordinator.stop('SIGTERM');
  await run.clock.drain();
});

test('time a worker spent stopped before it was continued does not count against it', async () => {
  const run = silent(4000);
  await run.clock.advance(2000);
  run.show(true, 2000);
  await run.clock.advance(3000);
  run.show(false, 2000);
  await run.clock.advance(1900);
  expect(run.of('stalled')).toEqual([]);
  run.show(false, 4000);
  await run.clock.advance(2000);
  expect(run.of('stalled')).toEqual([{ type: 'stalled', slot: 0, shard: 0, silentMs: expect.any(Number) }]);
  run.coordinator.stop('SIGTERM');
  await run.clock.drain();
});

test('a worker that used no CPU did not hang on its input: retries are spent, and no isolation begins', async () => {
  const run = start(
    working((worker, shard) => {
      worker.say({ type: 'resumed', shard, sequences: 0, nextBatch: 0 });
      worker.shown = { stopped: false, cpuMs: 700 };
    }),
    { shards: [0], isolates: true, stallMs: 4000 },
  );
  await run.clock.drain();
  expect(run.of('stalled').map(({ why }) => why)).toEqual(times(4, 'idle'));
  expect(run.of('breaker')).toEqual([]);
  expect((await run.outcome).failed).toMatchObject([{ kind: 'transient' }]);
});

/** Batch 0 hangs every worker until an isolation begins, which runs the given scripts, one per life. */
const isolating = (...acts: ((worker: FakeWorker) => void)[]) => {
  let nth = 0;
  return start(
    (worker, message) => {
      if (message.type !== 'assign') return working(() => undefined)(worker, message);
      const { shard, isolation } = message;
      worker.say({ type: 'resumed', shard, sequences: 0, nextBatch: 0 });
      if (isolation === undefined) return;
      const act = acts[nth++];
      if (act === undefined) worker.say({ type: 'complete', shard });
      else act(worker);
    },
    { shards: [0], isolates: true, stallMs: 4000 },
  );
};
const control = (worker: FakeWorker) => worker.say({ type: 'control', shard: 0, batchIdx: 0, rows: [3] });
const tries = (worker: FakeWorker) => worker.say({ type: 'calling', shard: 0, batchIdx: 0, rows: [3] });
const isolations = (run: ReturnType<typeof start>) =>
  run.workers.all.flatMap(({ received }) =>
    received.flatMap((message) =>
      message.type === 'assign' && message.isolation ? [message.isolation] : [],
    ),
  );

test('a sequence that hangs alone twice, while its control does not, is set aside as a hang', async () => {
  const hangs = (worker: FakeWorker) => {
    control(worker);
    worker.say({ type: 'returned', shard: 0 });
    tries(worker);
  };
  const run = isolating(hangs, hangs);
  await run.clock.drain();
  expect(isolations(run)[0]).toMatchObject({ hangs: true });
  expect(isolations(run).at(-1)?.poisoned).toMatchObject([{ row: 3, kind: 'hang' }]);
  expect((await run.outcome).completed).toEqual([0]);
});

test('a sequence that crashes alone twice is set aside as a crash', async () => {
  const crashes = (worker: FakeWorker) => {
    tries(worker);
    worker.exit(null, 'SIGSEGV');
  };
  const run = isolating(crashes, crashes);
  await run.clock.drain();
  expect(isolations(run).at(-1)?.poisoned).toMatchObject([{ row: 3, kind: 'crash' }]);
});

test('a control that is as slow, twice, shows that the limit is too short: the run ends and blames nothing', async () => {
  const run = isolating(control, control);
  await run.clock.drain();
  expect(await run.outcome).toMatchObject({
    completed: [],
    failed: [{ shard: 0 }],
    limitTooShort: { shard: 0, silentMs: 4000 },
  });
  expect(isolations(run).flatMap(({ poisoned, alone }) => [...poisoned, ...alone])).toEqual([]);
});

test('a control that was slow once, or that died otherwise, does not end the run', async () => {
  const run = isolating(control, (worker) => {
    control(worker);
    killed(worker);
  });
  await run.clock.drain();
  expect(await run.outcome).toEqual({ completed: [0], failed: [], stopped: null });
});
