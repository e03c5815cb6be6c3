import fc from 'fast-check';
import { expect, it } from 'vitest';
import { histogramOf, lengthsPlot } from './lengths-plot.js';

it('counts each length once, in bins that ascend and hold the shortest and the longest', () => {
  const lengths = fc.array(
    fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 2_000_000 })),
    {
      minLength: 1,
      maxLength: 200,
    },
  );
  fc.assert(
    fc.property(lengths, (given) => {
      const sorted = Uint32Array.from(given).sort();
      const { edges, counts, log } = histogramOf(sorted);
      expect(counts.reduce((sum, each) => sum + each, 0)).toBe(given.length);
      expect(edges).toEqual([...edges].sort((a, b) => a - b));
      expect(new Set(edges).size).toBe(edges.length);
      expect(counts.length).toBeLessThanOrEqual(62);
      expect(edges[0]!).toBeLessThanOrEqual(Math.max(log ? 1 : 0, sorted[0]!));
      expect(edges.at(-1)!).toBeGreaterThan(sorted.at(-1)!);
      counts.forEach((count, bin) => {
        const inside = given.filter((each) => {
          const length = Math.max(edges[0]!, each);
          return length >= edges[bin]! && length < edges[bin + 1]!;
        });
        expect(inside.length).toBe(count);
      });
    }),
  );
});

it('draws bars, axes with units, and what a reader asks first', () => {
  const picture = lengthsPlot('Lengths of <out>', Uint32Array.from([30, 10, 20, 20]));
  expect(picture.match(/<rect /g)!.length).toBe(1 + 3);
  expect(picture).toContain('Lengths of &lt;out&gt;');
  expect(picture).toContain('>Length in residues<');
  expect(picture).toContain('>Sequences<');
  expect(picture).toContain('4 sequences, shortest 10, median 20, mean 20, longest 30 residues');
  expect(lengthsPlot('none', new Uint32Array(0))).toContain('no sequence');
});

it('writes no half residues, if all lengths are equal', () => {
  const picture = lengthsPlot('x', Uint32Array.from([500, 500]));
  const numbers = [...picture.matchAll(/text-anchor="(?:middle|end)">([\d.,]+)</g)].map(
    ([, number]) => number,
  );
  expect(numbers).toContain('500');
  expect(numbers.filter((number) => number!.includes('.'))).toEqual([]);
});

it('one short sequence is one, and no length is negative', () => {
  const picture = lengthsPlot('x', Uint32Array.from([3]));
  expect(picture).toContain('1 sequence, shortest 3,');
  expect(picture).not.toContain('−');
});
