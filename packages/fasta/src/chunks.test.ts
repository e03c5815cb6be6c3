import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chunksOf } from './chunks.js';

const chunks = (length: number, residues: number, stride?: number) => [
  ...chunksOf(length, { residues, ...(stride !== undefined && { stride }) }),
];
const lengths = fc.integer({ min: 1, max: 3000 });
const sizes = fc.integer({ min: 1, max: 600 });

/** What VirNucPro's `split_fasta_chunk` does, step by step: how far each chunk reaches back into the one before. */
function asVirNucPro(length: number, size: number): [number, number][] {
  const count = Math.ceil(length / size);
  const repeated = count * size - length;
  const low = Math.floor(repeated / count);
  const ups = repeated - low * (count - 1);
  const back = [...Array(ups).fill(low + 1), ...Array(Math.max(0, count - 1 - ups)).fill(low), 0];
  let moved = 0;
  return Array.from({ length: count }, (_, at) => {
    const start = at === 0 ? 0 : at * size - moved;
    moved += back[at];
    return [start, Math.min(length, start + size)];
  });
}

test('without a stride, chunks are those of VirNucPro', () => {
  expect(chunks(1200, 500)).toEqual([
    [0, 500],
    [399, 899],
    [798, 1200],
  ]);
  expect(chunks(500, 500)).toEqual([[0, 500]]);
  expect(chunks(7, 500)).toEqual([[0, 7]]);
  fc.assert(
    fc.property(lengths, sizes, (length, size) => {
      expect(chunks(length, size)).toEqual(asVirNucPro(length, size));
    }),
  );
});

test('every residue is in a chunk, and no chunk is empty, too long or out of order', () => {
  fc.assert(
    fc.property(lengths, sizes, fc.option(sizes, { nil: undefined }), (length, size, wish) => {
      const stride = wish === undefined ? undefined : Math.min(wish, size);
      let reached = 0;
      let before = -1;
      for (const [start, end] of chunks(length, size, stride)) {
        expect(start).toBeGreaterThan(before);
        expect(start).toBeLessThanOrEqual(reached);
        expect(end).toBeGreaterThan(reached);
        expect(end - start).toBeLessThanOrEqual(size);
        [before, reached] = [start, end];
      }
      expect(reached).toBe(length);
    }),
  );
});

test('with a stride, a chunk begins every so many residues, and the last may be shorter', () => {
  expect(chunks(11, 5, 3)).toEqual([
    [0, 5],
    [3, 8],
    [6, 11],
  ]);
  expect(chunks(10, 5, 5)).toEqual([
    [0, 5],
    [5, 10],
  ]);
  expect(chunks(9, 5, 5)).toEqual([
    [0, 5],
    [5, 9],
  ]);
});
