import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OutputLimit } from './output-limit.js';

const LEFT_OUT = /^\[(\d+) lines? left out/;
const leftOut = (line: string) => Number(LEFT_OUT.exec(line)?.[1] ?? 0);
const cost = (line: string) => Math.ceil(line.length / 1024) || 1;

/** Lines with the milliseconds since the previous one; each starts with its number. */
const schedule = fc
  .array(
    fc.record({
      wait: fc.oneof({ weight: 8, arbitrary: fc.nat(3) }, fc.nat(3000)),
      length: fc.oneof({ weight: 8, arbitrary: fc.nat(20) }, fc.nat(9000)),
    }),
    { maxLength: 300 },
  )
  .map((lines) => {
    let at = 0;
    return lines.map(({ wait, length }, i) => {
      at += wait;
      return { at, line: `${i}.`.padEnd(length, 'x') };
    });
  });
const limits = fc.record({
  burst: fc.integer({ min: 2, max: 40 }),
  linesPerSec: fc.integer({ min: 1, max: 200 }),
});

test('every line is reported in order, or counted in its place', () => {
  fc.assert(
    fc.property(schedule, limits, (lines, options) => {
      const limit = new OutputLimit(options);
      const reported = [...lines.flatMap(({ line, at }) => limit.push(line, at)), ...limit.end()];
      let next = 0;
      for (const line of reported) {
        const count = leftOut(line);
        next += count;
        if (count === 0) expect(line).toBe(lines[next++]?.line);
      }
      expect(next).toBe(lines.length);
    }),
    { numRuns: 300 },
  );
});

test('no stretch of time reports more than the burst and the tokens that come back in it', () => {
  fc.assert(
    fc.property(schedule, limits, (lines, { burst, linesPerSec }) => {
      const limit = new OutputLimit({ burst, linesPerSec });
      const reported = lines.flatMap(({ line, at }) =>
        limit.push(line, at).map((each) => ({ at, line: each })),
      );
      for (let from = 0; from < reported.length; from++) {
        let sum = 0;
        for (const { at, line } of reported.slice(from)) {
          sum += Math.min(cost(line), burst - 1);
          expect(sum).toBeLessThanOrEqual(burst + ((at - reported[from]!.at) * linesPerSec) / 1000 + 1e-6);
        }
      }
      // However much was left out, the final report is bounded.
      expect(limit.end().length).toBeLessThanOrEqual(11);
    }),
    { numRuns: 300 },
  );
});

test('output within the limit is reported in full and immediately', () => {
  fc.assert(
    fc.property(limits, fc.array(fc.nat(100), { maxLength: 200 }), ({ burst, linesPerSec }, waits) => {
      const limit = new OutputLimit({ burst, linesPerSec });
      let at = 0;
      for (const [i, wait] of waits.entries()) {
        at += 1000 / linesPerSec + wait;
        expect(limit.push(`line ${i}`, at)).toEqual([`line ${i}`]);
      }
      expect(limit.end()).toEqual([]);
    }),
  );
});

test('a flood is reported in stretches, with a count before each', () => {
  const limit = new OutputLimit();
  const reported: string[] = [];
  for (let i = 0; i < 300_000; i++) reported.push(...limit.push(`line ${i}`, i / 100));
  // A burst of 1000, then three times a second's worth in three seconds, counts included.
  const counts = reported.filter((line) => leftOut(line) > 0);
  expect(counts).toHaveLength(2);
  expect(reported.length).toBeLessThanOrEqual(1000 + 3 * 200);
  expect(reported.slice(0, 1000)).toEqual(Array.from({ length: 1000 }, (_, i) => `line ${i}`));
  const [count, ...last] = limit.end();
  expect(count).toMatch(/^\[\d{5} lines left out: more than 200 a second\]$/);
  expect(last).toEqual(Array.from({ length: 10 }, (_, i) => `line ${299_990 + i}`));
});

test('if few lines are left out at the end, all are reported', () => {
  const limit = new OutputLimit({ burst: 2, linesPerSec: 1 });
  for (const line of ['a', 'b', 'c', 'd']) limit.push(line, 0);
  expect(limit.end()).toEqual(['c', 'd']);
  expect(limit.end()).toEqual([]);
});

test('the longest line gets through', () => {
  const limit = new OutputLimit({ burst: 10, linesPerSec: 1 });
  const long = 'x'.repeat(65_536);
  expect(limit.push(long, 0)).toEqual([long]);
  expect(limit.push(long, 1)).toEqual([]);
  expect(limit.push(long, 20_000)).toEqual(['[1 line left out: more than 1 a second]', long]);
});

test('a clock that was set back leaves nothing out', () => {
  const limit = new OutputLimit({ burst: 3, linesPerSec: 1000 });
  expect(limit.push('a', 5000)).toEqual(['a']);
  expect(limit.push('b', 10)).toEqual(['b']);
  expect(limit.push('c', 1010)).toEqual(['c']);
});

test.each([{ burst: 1 }, { burst: Number.NaN }, { linesPerSec: 0 }, { linesPerSec: -1 }])(
  'a limit that lets nothing through is refused: %o',
  (options) => expect(() => new OutputLimit(options)).toThrow(RangeError),
);
