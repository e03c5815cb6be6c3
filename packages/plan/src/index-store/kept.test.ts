import { expect, test } from 'vitest';
import { Kept } from './kept.js';

test('the last result is cached; overlapping calls share one read', async () => {
  const read: number[] = [];
  const kept = new Kept(async (bucket) => {
    read.push(bucket);
    return { bucket };
  });
  const [first, second] = await Promise.all([kept.at(3), kept.at(3)]);
  expect(first).toBe(second);
  expect(await kept.at(3)).toBe(first);
  expect(await kept.at(4)).toEqual({ bucket: 4 });
  expect(await kept.at(3)).toEqual({ bucket: 3 });
  expect(read).toEqual([3, 4, 3]);
});

test('the next call retries a failed read', async () => {
  let works = false;
  const kept = new Kept(async (bucket) => {
    if (!works) throw new Error('no');
    return bucket;
  });
  await expect(kept.at(1)).rejects.toThrow('no');
  works = true;
  expect(await kept.at(1)).toBe(1);
});

test('a late failure does not discard a newer result', async () => {
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<string>((_, rejected) => {
    reject = rejected;
  });
  let reads = 0;
  const kept = new Kept((bucket) => {
    reads++;
    return bucket === 0 ? promise : Promise.resolve('one');
  });
  const late = kept.at(0);
  await kept.at(1);
  reject(new Error('late'));
  await expect(late).rejects.toThrow('late');
  await kept.at(1);
  expect(reads).toBe(2);
});
