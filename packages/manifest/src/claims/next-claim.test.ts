import { expect, test } from 'vitest';
import { ManifestModel } from '../model/model.js';
import { nextToClaim } from './next-claim.js';

const AT = '2026-01-01T00:00:00.000Z';

/** A manifest of five shards in these states; `c` is complete, `f` failed, `o` owned, `g` owned by one who is gone. */
function manifest(states: string) {
  const model = ManifestModel.initial(states.length, 'id', AT);
  [...states].forEach((state, rank) => {
    if (state === 'c') model.apply({ type: 'complete', rank }, AT);
    if (state === 'f') model.apply({ type: 'failed', rank, error: 'x' }, AT);
    if ('og'.includes(state)) model.apply({ type: 'claimed', rank, owner: state }, AT);
  });
  const isGone = (token: string) => states[Number(token.split('/')[1])] === 'g';
  return (from: number) => nextToClaim(model, from, isGone);
}

test.each([
  ['.....', 0, 0],
  ['.....', 3, 3],
  ['.....', 99, 0],
  ['..ccc', 3, 0],
  ['co.f.', 0, 2],
  // What nobody has claimed comes before what somebody left.
  ['g...o', 0, 1],
  ['gcogf', 1, 3],
  ['gcoof', 1, 0],
  ['ocfoc', 0, null],
  ['ccccc', 0, null],
  ['fffff', 0, null],
])('of the shards %s, beginning at %i, the next is %s', (states, from, next) => {
  expect(manifest(states)(from)).toBe(next);
});

test('no owner is asked for while a shard has none', () => {
  const model = ManifestModel.initial(2, 'id', AT);
  model.apply({ type: 'claimed', rank: 0, owner: 'a' }, AT);
  const asked: string[] = [];
  const isGone = (token: string) => asked.push(token) > 0;
  expect([nextToClaim(model, 0, isGone), asked]).toEqual([1, []]);
});
