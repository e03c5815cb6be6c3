import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withoutLines } from './without-lines.js';

/** The text in chunks that cycle through these lengths. */
async function* cut(bytes: Buffer, lengths: number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length]!;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

test('however a text is cut into chunks, the remaining lines are unchanged', async () => {
  const line = fc.string({ unit: fc.constantFrom('a', 'é', '\r', ' '), maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(line),
      fc.array(fc.nat(12)),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      async (texts, left, lengths) => {
        const out = new Set(left);
        const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''));
        const parts: Uint8Array[] = [];
        for await (const part of withoutLines(cut(bytes, lengths), out)) {
          expect(part.length).toBeGreaterThan(0);
          parts.push(part);
        }
        const kept = texts.filter((_, i) => !out.has(i)).map((text) => `${text}\n`);
        expect(Buffer.concat(parts).toString()).toBe(kept.join(''));
      },
    ),
    { numRuns: 500 },
  );
});
