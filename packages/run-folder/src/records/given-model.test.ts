import { expect, test } from 'vitest';
import { type GivenModel, sameGiven } from './given-model.js';

const given: GivenModel = {
  path: '/m',
  options: { '--pooling': 'max', '--window-overlap': 3, '--keep-u': true },
};

test('two commands give the same whatever the order of their options', () => {
  const { path, options } = given;
  expect(
    sameGiven(given, { path: path!, options: Object.fromEntries(Object.entries(options).reverse()) }),
  ).toBe(true);
});

test.each<[string, GivenModel]>([
  ['another path', { ...given, path: '/n' }],
  ['a name on the hub', { options: given.options }],
  ['an option less', { ...given, options: { '--pooling': 'max', '--window-overlap': 3 } }],
  ['an option more', { ...given, options: { ...given.options, '--layer': 'x' } }],
  ['another value', { ...given, options: { ...given.options, '--window-overlap': 4 } }],
  ['a text for a number', { ...given, options: { ...given.options, '--window-overlap': '3' } }],
])('%s is not the same', (_, other) => {
  expect(sameGiven(given, other)).toBe(false);
});
