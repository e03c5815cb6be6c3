import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CallBudget } from './call-budget.js';

test('the whole budget is no limit, and successful calls change nothing', () => {
  const budget = new CallBudget(100, undefined);
  budget.passed(5000);
  expect(budget.tokens).toBe(Number.POSITIVE_INFINITY);
});

test('after halving, enough successful calls double it until it is whole', () => {
  const budget = new CallBudget(1024, { halvings: 2, climbAfter: 3 });
  const seen = Array.from({ length: 7 }, () => {
    const { tokens } = budget;
    budget.passed(10);
    return tokens;
  });
  expect(seen).toEqual([256, 256, 256, 512, 512, 512, Number.POSITIVE_INFINITY]);
});

test('from single sequences it climbs from their own size', () => {
  const budget = new CallBudget(1024, { halvings: null, climbAfter: 1 });
  expect(budget.tokens).toBe(0);
  budget.passed(100);
  expect(budget.tokens).toBe(200);
});

test('any share is whole again after finitely many successful calls, and never shrinks', () => {
  const share = fc.record({
    halvings: fc.option(fc.nat(40)),
    climbAfter: fc.integer({ min: 1, max: 20 }),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), share, (whole, given) => {
      const budget = new CallBudget(whole, given);
      let calls = 0;
      for (let before = budget.tokens; before !== Number.POSITIVE_INFINITY; before = budget.tokens) {
        budget.passed(1);
        expect(budget.tokens).toBeGreaterThanOrEqual(before);
        expect(++calls).toBeLessThan(20 * 64);
      }
    }),
  );
});
