import fc from 'fast-check';
import { expect, test } from 'vitest';
import { groupFailed, groupPassed, nextGroup, startIsolation } from '../checked.js';
import type { GroupFailure, Isolation } from './isolation.js';

interface Search {
  size: number;
  /** Rows at fault. */
  poison: ReadonlySet<number>;
  /** Whether a model call names the rows at fault. */
  telling?: boolean;
  /** Whether a failure kills the worker, which loses all it had embedded. */
  fatal?: boolean;
}

/** Runs an isolation to its end; `calls` are all its model calls. */
function search({ size, poison, telling = false, fatal = false }: Search, start?: Isolation) {
  let state = start ?? startIsolation(3, 2, { alone: telling ? [...poison] : [] });
  let good = new Set<number>();
  let calls = 0;
  for (;;) {
    // As sent to workers and stored on disk.
    state = JSON.parse(JSON.stringify(state)) as Isolation;
    const group = nextGroup(state, size, good);
    if (group === null) return { state, good, calls };
    if (++calls > 100 * size + 100) throw new Error('it does not converge');
    const faulty = group.filter((row) => poison.has(row));
    if (faulty.length === 0) {
      state = groupPassed(state, size, group);
      for (const row of group) good.add(row);
      continue;
    }
    const failure: GroupFailure = { kind: 'poison_input', error: 'illegal', ...(telling && { faulty }) };
    state = groupFailed(state, group, failure);
    if (fatal) good = new Set();
    else if (telling && group.length > 1) for (const row of group) if (!poison.has(row)) good.add(row);
  }
}

const batch = fc.integer({ min: 1, max: 200 }).chain((size) =>
  fc.record({
    size: fc.constant(size),
    poison: fc
      .uniqueArray(fc.nat(size - 1), { minLength: 1, maxLength: Math.min(size, 8) })
      .map((rows) => new Set(rows)),
    telling: fc.boolean(),
    fatal: fc.boolean(),
  }),
);

test('exactly the rows at fault are found, and all others are embedded', () => {
  fc.assert(
    fc.property(batch, (given) => {
      const { state, good } = search(given);
      const found = state.poisoned.map(({ row }) => row);
      expect(found).toEqual([...given.poison].sort((a, b) => a - b));
      expect(good.size).toBe(given.size - given.poison.size);
    }),
    { numRuns: 500 },
  );
});

test('k rows of n cost at most k (log2 n + 3) + 1 calls, whatever happens to the worker', () => {
  fc.assert(
    fc.property(batch, (given) => {
      const { calls } = search(given);
      const depth = Math.ceil(Math.log2(given.size));
      expect(calls).toBeLessThanOrEqual(given.poison.size * (depth + 3) + 1);
    }),
    { numRuns: 500 },
  );
});

test('with the strike that opened the breaker, one row of two dozen or more costs at most 2 log2 n extra calls', () => {
  for (const size of [24, 33, 64, 100, 1000]) {
    const most = Math.max(
      ...Array.from({ length: size }, (_, row) => search({ size, poison: new Set([row]) }).calls),
    );
    expect(1 + most).toBeLessThanOrEqual(2 * Math.log2(size));
  }
});

test('rows known to be at fault are embedded alone, each once, and the others together', () => {
  const { state, calls } = search({ size: 100, poison: new Set([4, 90]), telling: true });
  expect(calls).toBe(3);
  expect(state.poisoned).toEqual([
    { row: 4, kind: 'poison_input', attempts: 3, error: 'illegal' },
    { row: 90, kind: 'poison_input', attempts: 3, error: 'illegal' },
  ]);
});

test('a row that does not fail alone is not at fault', () => {
  let state = startIsolation(0, 2, { alone: [1] });
  expect(nextGroup(state, 3, new Set())).toEqual([1]);
  state = groupPassed(state, 3, [1]);
  expect(nextGroup(state, 3, new Set([1]))).toEqual([0, 2]);
  state = groupPassed(state, 3, [0, 2]);
  expect(nextGroup(state, 3, new Set([0, 1, 2]))).toBeNull();
  expect(state.poisoned).toEqual([]);
});

test('attempts counts the failed calls that contained a row', () => {
  const { state } = search({ size: 8, poison: new Set([0]) });
  // The whole batch twice, then 0-3, 0-1, and 0 alone, twice.
  expect(state.poisoned).toEqual([{ row: 0, kind: 'poison_input', attempts: 6, error: 'illegal' }]);
});

test('an intermittent fault does not keep the isolation from ending', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.infiniteStream(fc.boolean()), (size, fails) => {
      let state = startIsolation(0, 2);
      const good = new Set<number>();
      let calls = 0;
      for (let group = nextGroup(state, size, good); group !== null; group = nextGroup(state, size, good)) {
        expect(++calls).toBeLessThan(20 * size + 20);
        if (fails.next().value) state = groupFailed(state, group, { kind: 'oom', error: 'x' });
        else {
          state = groupPassed(state, size, group);
          for (const row of group) good.add(row);
        }
      }
      expect(good.size + state.poisoned.length).toBe(size);
    }),
  );
});

test('too little memory for several rows blames none, and for a single row only the second time', () => {
  const oom = { kind: 'oom', error: 'out of memory' } as const;
  let state = startIsolation(0, 2);
  state = groupFailed(state, [0, 1, 2, 3], oom);
  expect(nextGroup(state, 8, new Set())).toEqual([0, 1]);
  state = groupFailed(state, [0, 1], oom);
  state = groupFailed(state, [0], oom);
  expect([state.poisoned, nextGroup(state, 8, new Set())]).toEqual([[], [0]]);
  state = groupFailed(state, [0], oom);
  expect(state.poisoned).toEqual([{ row: 0, kind: 'oom', attempts: 6, error: 'out of memory' }]);
  expect(nextGroup(state, 8, new Set())).toEqual([1]);
});
