import fc from 'fast-check';
import { expect, test } from 'vitest';
import { start, working } from '../testing/fake-run.js';
import { OomDeaths } from './oom-deaths.js';

/** Two workers with a shard each, and a counter that the test sets. */
function pair() {
  const counter = { kills: 0 };
  const run = start(
    working((worker, shard, attempt) => {
      if (attempt > 1) worker.say({ type: 'complete', shard });
    }),
    { shards: [0, 1], slots: 2, oomKiller: { kills: () => counter.kills } },
  );
  const dies = (slot: number) =>
    run.workers.all.find((worker) => worker.slot === slot && worker.alive)!.exit(null, 'SIGKILL');
  return { counter, run, dies };
}

test('a kill that the kernel recorded explains one death: a later SIGKILL of another worker came from outside', async () => {
  const { counter, run, dies } = pair();
  await run.clock.advance(0);
  counter.kills++;
  dies(0);
  await run.clock.advance(0);
  dies(1);
  await run.clock.drain();
  expect(run.of('failed').map(({ slot, kind }) => [slot, kind])).toEqual([
    [0, 'oom'],
    [1, 'spot_preemption'],
  ]);
  expect((await run.outcome).completed.toSorted()).toEqual([0, 1]);
});

test('of two workers that die together, as many count as out-of-memory kills as the kernel counted', async () => {
  for (const grown of [0, 1, 2]) {
    const { counter, run, dies } = pair();
    await run.clock.advance(0);
    counter.kills += grown;
    dies(0);
    dies(1);
    await run.clock.drain();
    expect(run.of('failed').filter(({ kind }) => kind === 'oom')).toHaveLength(grown);
  }
});

test('a death with another explanation leaves the kill for the worker it hit', async () => {
  const { counter, run } = pair();
  await run.clock.advance(0);
  const [first, second] = run.workers.all;
  counter.kills++;
  first!.exit(null, 'SIGSEGV');
  second!.exit(null, 'SIGKILL');
  await run.clock.drain();
  expect(run.of('failed').map(({ kind }) => kind)).toEqual(['transient', 'oom']);
});

type Step = { kind: 'killed' } | { kind: 'start' | 'exit'; slot: number };
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constant({ kind: 'killed' as const }),
  fc.record({ kind: fc.constantFrom('start' as const, 'exit' as const), slot: fc.nat(3) }),
);

test('no more deaths are explained than the count grew, in total and within the life of any worker', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.nat(9), (steps, before) => {
      let kills = before;
      const claims = new OomDeaths({ kills: () => kills });
      const started = new Map<number, number | null>();
      /** For each death, the count at its worker's start and whether a kill explained it. */
      const deaths: { since: number; explained: boolean }[] = [];
      for (const each of steps) {
        if (each.kind === 'killed') kills++;
        else if (each.kind === 'start') started.set(each.slot, claims.count());
        else {
          const since = started.get(each.slot);
          if (since === undefined || since === null) continue;
          started.delete(each.slot);
          deaths.push({ since, explained: claims.explain(since) });
        }
      }
      for (let from = before; from <= kills; from++) {
        const explained = deaths.filter(({ since, explained }) => explained && since >= from);
        expect(explained.length).toBeLessThanOrEqual(kills - from);
      }
    }),
    { numRuns: 2000 },
  );
});

test('of successive workers, each death is explained by a kill during its life', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(2), { maxLength: 20 }), (grown) => {
      let kills = 0;
      const claims = new OomDeaths({ kills: () => kills });
      for (const more of grown) {
        const since = claims.count();
        kills += more;
        expect(claims.explain(since)).toBe(more > 0);
      }
    }),
  );
});

test('if the system does not count, no death is explained', () => {
  expect(new OomDeaths({ kills: () => null }).explain(0)).toBe(false);
  expect(new OomDeaths({ kills: () => 3 }).explain(null)).toBe(false);
});
