import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pool } from './pool.js';

const recipe = { prefix: [1], suffix: [2] };

test('a mean is, to the last digit, each number’s sum in double and token order, divided by the count', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 21 }),
      fc.array(fc.nat(150), { minLength: 1, maxLength: 3 }),
      fc.infiniteStream(fc.float({ noNaN: true, noDefaultInfinity: true })),
      (dim, counts, numbers) => {
        const width = Math.max(...counts) + 3;
        const hidden = new Float32Array(counts.length * width * dim);
        // A few repeated numbers suffice to show one added twice, left out, or from another column.
        const some = Array.from({ length: 97 }, () => numbers.next().value as number);
        hidden.forEach((_, at) => {
          hidden[at] = some[at % some.length]!;
        });
        for (const [pooling, before, around] of [
          ['mean', 1, 0],
          ['mean_tokens', 0, 2],
        ] as const) {
          const due = new Float32Array(counts.length * dim);
          counts.forEach((count, row) => {
            for (let i = 0; i < dim; i++) {
              let sum = 0;
              for (let token = before; token < before + count + around; token++)
                sum += hidden[(row * width + token) * dim + i]!;
              due[row * dim + i] = count + around === 0 ? 0 : sum / (count + around);
            }
          });
          expect(pool(pooling, hidden, { width, dim, counts, recipe })).toEqual(due);
        }
      },
    ),
  );
});
