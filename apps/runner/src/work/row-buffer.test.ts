import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RowBuffer } from './row-buffer.js';

test('holds what was appended since the last clear, at any size', () => {
  const step = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constant('clear' as const));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step), (dim, steps) => {
      const buffer = new RowBuffer(dim);
      let expected: number[] = [];
      let next = 0;
      for (const rows of steps) {
        if (rows === 'clear') {
          buffer.clear();
          expected = [];
        } else {
          const added = Float32Array.from({ length: rows * dim }, () => next++);
          buffer.append(added);
          expected.push(...added);
          // Appending copies: the caller reuses its array.
          added.fill(-1);
        }
        expect([...buffer.view()]).toEqual(expected);
        expect(buffer.rows).toBe(expected.length / dim);
      }
    }),
  );
});
