import { expect, test } from 'vitest';
import { start, working } from './testing/fake-run.js';
import type { Script } from './testing/index.js';

/** A shard whose calls fit only into a budget halved this often. */
const needs =
  (halvings: number): Script =>
  (worker, message) => {
    if (message.type !== 'assign') return working(() => undefined)(worker, message);
    const { shard, budget } = message;
    const given = budget === undefined ? 0 : (budget.halvings ?? Number.POSITIVE_INFINITY);
    if (given >= halvings) return worker.say({ type: 'complete', shard });
    worker.say({ type: 'failed', shard, batchIdx: 0, error: 'cuda_oom', message: 'CUDA out of memory' });
    worker.exit(1);
  };
const budgets = (run: ReturnType<typeof start>) =>
  run.workers.all.flatMap(({ received }) =>
    received.flatMap((message) => (message.type === 'assign' ? [message.budget?.halvings] : [])),
  );

test('each out-of-memory failure halves the budget, after 1, 2, 4 s; the last attempt uses single sequences', async () => {
  const run = start(needs(Number.POSITIVE_INFINITY), { shards: [0] });
  await run.clock.drain();
  expect((await run.outcome).completed).toEqual([0]);
  expect(budgets(run)).toEqual([undefined, 1, 2, null]);
  expect(run.of('retry').map(({ delayMs }) => delayMs)).toEqual([1000, 2000, 4000]);
});

test('the budget climbs back with each checkpoint', async () => {
  let fails = 2;
  const run = start(
    (worker, message) => {
      if (message.type !== 'assign') return working(() => undefined)(worker, message);
      const { shard } = message;
      if (fails-- > 0) {
        worker.say({ type: 'failed', shard, batchIdx: 0, error: 'cuda_oom', message: 'm' });
        return worker.exit(1);
      }
      worker.say({
        type: 'checkpoint',
        shard,
        checkpoint: 0,
        sequences: 1,
        file: 'f',
        reason: 'r',
        endBatch: 1,
      });
      if (fails > -4) worker.exit(null, 'SIGKILL');
      else worker.say({ type: 'complete', shard });
    },
    { shards: [0] },
  );
  await run.clock.drain();
  expect(budgets(run)).toEqual([undefined, 1, 2, 1, undefined, undefined]);
});

test('a sequence that does not fit alone twice is isolated by name', async () => {
  const seen: unknown[] = [];
  const run = start(
    (worker, message) => {
      if (message.type !== 'assign') return working(() => undefined)(worker, message);
      const { shard, isolation } = message;
      seen.push(isolation?.alone);
      if (isolation !== undefined) return worker.say({ type: 'complete', shard });
      worker.say({ type: 'calling', shard, batchIdx: 0, rows: [5] });
      worker.say({ type: 'failed', shard, batchIdx: 0, error: 'cuda_oom', message: 'm' });
      worker.exit(1);
    },
    { shards: [0], isolates: true },
  );
  await run.clock.drain();
  expect(seen).toEqual([undefined, undefined, [5]]);
});

test("the kernel's out-of-memory killer is distinguished from any other SIGKILL, by the last output too", async () => {
  let kills = 0;
  const ends = (act: Script) =>
    start(
      (worker, message) => {
        if (message.type === 'assign' && message.attempt > 1)
          return worker.say({ type: 'complete', shard: message.shard });
        return message.type === 'assign' ? act(worker, message) : working(() => undefined)(worker, message);
      },
      { shards: [0], oomKiller: { kills: () => kills } },
    );
  const kindOf = async (run: ReturnType<typeof start>) => {
    await run.clock.drain();
    return run.of('failed').map(({ kind }) => kind);
  };
  expect(await kindOf(ends((worker) => worker.exit(null, 'SIGKILL')))).toEqual(['spot_preemption']);
  const struck = ends((worker) => {
    kills++;
    worker.exit(null, 'SIGKILL');
  });
  expect(await kindOf(struck)).toEqual(['oom']);
  const heap = ends((worker) => {
    worker.print(
      'stderr',
      'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
    );
    worker.print('stderr', '----- Native stack trace -----');
    for (let frame = 1; frame <= 30; frame++)
      worker.print('stderr', `${frame}: 0xb78db3 node::OOMErrorHandler(char const*) [node]`);
    worker.print('stderr', '');
    worker.exit(null, 'SIGABRT');
  });
  expect(await kindOf(heap)).toEqual(['oom']);
  // Words in the output are no evidence of a preemption.
  const says = ends((worker) => {
    worker.print('stderr', 'SIGTERM_7 was read');
    worker.exit(1);
  });
  expect(await kindOf(says)).toEqual(['transient']);
});
