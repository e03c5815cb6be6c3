import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileStem } from './formats/esm.js';
import { h5Name } from './formats/h5.js';

/** IDs with the letters that names trip over. */
const id = fc.oneof(
  fc.string({
    minLength: 1,
    maxLength: 12,
    unit: fc.constantFrom('a', 'A', '/', '\\', '.', '%', '2', 'F', '~', ' ', 'ü', '\u{1f9ec}', '\t'),
  }),
  fc.string({ minLength: 230, maxLength: 300, unit: fc.constantFrom('a', 'ü', '%', '/', '\u{1f9ec}') }),
);

describe('the name of an ID’s file', () => {
  it('is one name of a file in its folder, with room for its endings', () => {
    fc.assert(
      fc.property(id, (text) => {
        const name = `${fileStem(text)}.pt`;
        expect(name).not.toMatch(/[/\\\0]|^\./);
        expect(Buffer.byteLength(`${name}.tmp`)).toBeLessThanOrEqual(255);
        expect(Buffer.from(name).toString()).toBe(name);
      }),
    );
  });

  it('is no other ID’s', () => {
    fc.assert(
      fc.property(fc.uniqueArray(id, { minLength: 2, maxLength: 40 }), (ids) => {
        expect(new Set(ids.map(fileStem)).size).toBe(ids.length);
        expect(new Set(ids.map(h5Name)).size).toBe(ids.length);
      }),
    );
  });

  it.each([
    ['sp|P69905', 'sp|P69905'],
    ['a/b', 'a%2Fb'],
    ['../x', '%2E.%2Fx'],
    ['..', '%2E.'],
    ['100%', '100%25'],
    ['a%2Fb', 'a%252Fb'],
    ['v1.2', 'v1.2'],
  ])('of %s is %s', (text, name) => {
    expect(fileStem(text)).toBe(name);
  });
});

it.each([
  ['a/b', 'a%2Fb'],
  ['.', '%2E'],
  ['..', '%2E%2E'],
  ['.x', '.x'],
])('the dataset of %s is %s', (text, name) => {
  expect(h5Name(text)).toBe(name);
});
