import { expect, it } from 'vitest';
import { foundIds } from './found-ids.js';

it('finds an ID by a part of it, and by the whole of it no other', () => {
  const ids = ['sp|V00007|NUCL_V7', 'sp|V000070|CAPS_V70', 'V00007', 'other'];
  expect(foundIds(ids, 'V00007')).toEqual([2]);
  expect(foundIds(ids, 'v00007')).toEqual([0, 1, 2]);
  expect(foundIds(ids, 'caps')).toEqual([1]);
  expect(foundIds(ids, 'none')).toEqual([]);
  expect(foundIds(ids, '')).toEqual([]);
});
