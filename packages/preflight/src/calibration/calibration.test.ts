import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GAIN, type Measured, nextStep } from './calibration.js';

const LIMITS = { least: 1024, most: 1 << 20, seconds: 10 };

/** Tries sizes until there is an answer. */
function calibrated(measure: (tokens: number) => Partial<Measured>, limits = LIMITS) {
  const measured: Measured[] = [];
  for (;;) {
    const step = nextStep(measured, limits);
    if (!('measure' in step)) return { ...step, measured };
    measured.push({ tokens: step.measure, perSecond: 1, seconds: 0, memory: 0, ...measure(step.measure) });
    if (measured.length > 100) throw new Error('it goes on and on');
  }
}

const device = fc.record({
  rates: fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 24, maxLength: 24 }),
  runsOutAt: fc.option(fc.nat(24)),
  seconds: fc.double({ min: 0, max: 5, noNaN: true }),
  memory: fc.double({ min: 0, max: 1, noNaN: true }),
});

test('it ends; the answer was measured, fitted, and is the smallest that is nearly as fast as the best that may be taken', () => {
  fc.assert(
    fc.property(device, ({ rates, runsOutAt, seconds, memory }) => {
      let at = 0;
      const { budget, reason, measured } = calibrated((tokens) => {
        const now = at++;
        const out = runsOutAt !== null && now >= runsOutAt;
        return { perSecond: out ? null : rates[now]!, seconds, memory: memory * (tokens / LIMITS.most) };
      });
      expect(measured.map(({ tokens }) => tokens)).toEqual(measured.map((_, i) => LIMITS.least * 2 ** i));
      const fitted = measured.filter(({ perSecond }) => perSecond !== null);
      const ranOut = fitted.length < measured.length;
      if (ranOut) expect(reason).toBe('memory');
      expect(budget === null).toBe(fitted.length === 0);
      if (budget === null) return;
      const chosen = fitted.find(({ tokens }) => tokens === budget)!;
      const half = fitted.length > 1 ? fitted.at(-1)!.tokens / 2 : fitted[0]!.tokens;
      if (ranOut) expect(budget).toBeLessThanOrEqual(half);
      const allowed = ranOut ? fitted.filter(({ tokens }) => tokens <= half) : fitted;
      for (const { tokens, perSecond } of allowed) {
        expect(chosen.perSecond).toBeGreaterThanOrEqual(perSecond! * (1 - GAIN) * (1 - 1e-12));
        if (tokens < budget) expect(perSecond!).toBeLessThan(Math.max(...allowed.map((a) => a.perSecond!)));
      }
    }),
  );
});

test('a device that is ever faster is given the most; one that never is, the least', () => {
  expect(calibrated((tokens) => ({ perSecond: tokens }))).toMatchObject({ budget: 1 << 20, reason: 'most' });
  expect(calibrated(() => ({ perSecond: 5 }))).toMatchObject({ budget: 1024, reason: 'gain' });
});

test('one that is busy from some size on is given about that size', () => {
  fc.assert(
    fc.property(fc.integer({ min: 11, max: 19 }), (power) => {
      // Each call costs as much as `busy` tokens do.
      const busy = 2 ** power;
      const { budget, measured } = calibrated((tokens) => ({ perSecond: tokens / (tokens + busy) }));
      const rate = budget! / (budget! + busy);
      const best = Math.max(...measured.map(({ perSecond }) => perSecond!));
      expect(rate).toBeGreaterThanOrEqual(best * (1 - GAIN));
      expect(budget).toBeGreaterThanOrEqual(Math.min(LIMITS.most, busy * 4));
      expect(budget).toBeLessThanOrEqual(busy * 16);
    }),
  );
});

test('where memory ran out, half of what fitted is taken, and what was first is taken if nothing is smaller', () => {
  const out = (last: number) => (tokens: number) => ({ perSecond: tokens > last ? null : tokens });
  expect(calibrated(out(8192))).toMatchObject({ budget: 4096, reason: 'memory' });
  expect(calibrated(out(1024))).toMatchObject({ budget: 1024, reason: 'memory' });
  expect(calibrated(out(0))).toMatchObject({ budget: null, reason: 'memory' });
});

test('what would not fit the share of memory, or the time, is not tried', () => {
  const heavy = calibrated((tokens) => ({ perSecond: tokens, memory: tokens / 10_000 }));
  expect(heavy).toMatchObject({ budget: 8192, reason: 'memory' });
  const slow = calibrated((tokens) => ({ perSecond: tokens, seconds: tokens / 2048 }));
  expect(slow).toMatchObject({ budget: 8192, reason: 'time' });
  expect(slow.measured.reduce((sum, { seconds }) => sum + seconds, 0)).toBeLessThanOrEqual(10);
});
