import fc from 'fast-check';
import { expect, test } from 'vitest';
import { IdSet } from './id-set.js';

/** Adds all; returns for each the earlier ordinal or -1. Like the caller, it skips rejected IDs. */
function addAll(ids: Uint8Array[], hash?: (id: Uint8Array, seed: number) => number) {
  const kept: Uint8Array[] = [];
  let readBacks = 0;
  const set = new IdSet((ordinal) => {
    readBacks++;
    return kept[ordinal]!;
  }, hash);
  const answers = ids.map((id) => {
    const earlier = set.add(id);
    if (earlier < 0) kept.push(id);
    return earlier;
  });
  return { answers, set, readBacks };
}

function expected(ids: Uint8Array[]): number[] {
  const first = new Map<string, number>();
  return ids.map((id) => {
    const key = Buffer.from(id).toString('latin1');
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, first.size);
    return earlier ?? -1;
  });
}

test('it agrees with a Map, even if every hash collides', () => {
  const ids = fc.array(fc.uint8Array({ minLength: 1, maxLength: 3, max: 7 }), { maxLength: 300 });
  const hash = fc.constantFrom(
    undefined,
    () => 7,
    (id: Uint8Array) => id[0]! % 3,
  );
  fc.assert(
    fc.property(ids, hash, (ids, hash) => {
      expect(addAll(ids, hash).answers).toEqual(expected(ids));
    }),
  );
});

test('300,000 IDs take at most 18 bytes each, survive growth, and are rarely read back', () => {
  const ids = Array.from({ length: 300_000 }, (_, i) => Buffer.from(`NC_001416:${i * 5}-${i * 5 + 500}(+)`));
  const { answers, set, readBacks } = addAll(ids);
  expect(answers.every((answer) => answer === -1)).toBe(true);
  expect(readBacks).toBeLessThan(3);
  expect(set.byteLength / ids.length).toBeLessThan(18.5);
  for (const ordinal of [0, 1, 123_456, 299_999])
    expect(addAll([...ids, ids[ordinal]!]).answers.at(-1)).toBe(ordinal);
});
