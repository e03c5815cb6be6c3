import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { cacheFolder } from './cache-folder.js';

test.each([
  [{ HOLDFAST_CACHE: '/a', XDG_CACHE_HOME: '/c' }, '/a'],
  [{ HOLDFAST_CACHE: 'a' }, resolve('a')],
  [{ HOLDFAST_CACHE: '', XDG_CACHE_HOME: '/c' }, '/c/holdfast'],
  [{ XDG_CACHE_HOME: 'c' }, join(homedir(), '.cache/holdfast')],
  [{}, join(homedir(), '.cache/holdfast')],
])('the folder of the cache with %j is %s', (env, folder) => {
  expect(cacheFolder(env)).toBe(folder);
});

test('without a home nothing is kept, and nothing is written to the working directory', () => {
  expect(cacheFolder({ HOME: '' })).toBeNull();
  expect(cacheFolder({ HOME: '', HOLDFAST_CACHE: '/a' })).toBe('/a');
});
