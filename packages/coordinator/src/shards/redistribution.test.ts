import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  failedOn,
  isStranded,
  leftToOthers,
  madeProgress,
  mayTake,
  NO_SLOTS,
  outOfRetries,
} from './redistribution.js';

const open = [0, 1, 2];
const at = (slot: number, isolating = false) => ({ slot, open, isolating });

test('a shard that failed may be retried anywhere; an isolation waits for a slot it has not failed on', () => {
  const history = failedOn(NO_SLOTS, 0);
  expect(open.map((slot) => mayTake(history, at(slot)))).toEqual([true, true, true]);
  expect(open.map((slot) => mayTake(history, at(slot, true)))).toEqual([false, true, true]);
  const everywhere = failedOn(failedOn(history, 1), 2);
  expect(open.map((slot) => mayTake(everywhere, at(slot, true)))).toEqual([true, true, true]);
});

test('out of retries, it is barred from every slot it failed on, and goes to another', () => {
  const next = outOfRetries(failedOn(failedOn(NO_SLOTS, 0), 1), 1, open);
  expect(next).toMatchObject({ barred: new Set([0, 1]), takenOverFrom: 1 });
  expect(open.map((slot) => mayTake(next!, at(slot)))).toEqual([false, false, true]);
  expect(outOfRetries(failedOn(NO_SLOTS, 0), 0, [0])).toBeNull();
});

test('a slot whose device is at fault leaves the shard to others, if there are any', () => {
  expect(leftToOthers(NO_SLOTS, 0, open)).toMatchObject({ barred: new Set([0]), takenOverFrom: 0 });
  expect(leftToOthers(NO_SLOTS, 0, [0])).toBeNull();
});

test('a shard is stranded exactly when no open slot may take it, whatever happened to it', () => {
  const slot = fc.nat(3);
  const step = fc.tuple(fc.constantFrom('failed', 'forward', 'left', 'out'), slot);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), fc.uniqueArray(slot, { minLength: 1 }), (steps, left) => {
      let history = NO_SLOTS;
      for (const [what, where] of steps) {
        if (what === 'failed') history = failedOn(history, where);
        if (what === 'forward') history = madeProgress(history);
        if (what === 'left') history = leftToOthers(history, where, left) ?? history;
        if (what === 'out') history = outOfRetries(history, where, left) ?? history;
      }
      for (const isolating of [false, true]) {
        const takers = left.filter((each) => mayTake(history, { slot: each, open: left, isolating }));
        expect(takers.length === 0).toBe(isStranded(history, left));
      }
    }),
  );
});
