import { expect, test } from 'vitest';
import { RowPlaces } from './row-places.js';

const place = (shard: number, number: number) => ({ shard, checkpoint: `batch_0000${number}.pt` });

function places(): RowPlaces {
  const all = new RowPlaces();
  all.add(place(0, 0), { first: 0, left: [1], positions: null }, 2);
  all.add(place(0, 1), { first: 3, left: [], positions: null }, 2);
  all.add(place(0, 2), { first: 5, left: [], positions: [1] }, 1);
  all.add(place(1, 0), { first: 5, left: [], positions: null }, 1);
  return all;
}

test('each position is in the checkpoint that covers it, or in the one of its second try', () => {
  const all = places();
  const found = [5, 0, 1, 2, 4, 3, 5].map((position) => all.place(all.at(position)));
  expect(found).toEqual([
    place(1, 0),
    place(0, 0),
    place(0, 2),
    place(0, 0),
    place(0, 1),
    place(0, 1),
    place(1, 0),
  ]);
});

test('a position in no checkpoint is an error, not a guess', () => {
  expect(() => places().at(6)).toThrow(RangeError);
  expect(() => places().add(place(1, 1), { first: 7, left: [], positions: null }, 1)).toThrow(RangeError);
});
