import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { cacheFolder } from './cache-folder.js';

test.each([
  [{ HOLDFAST_CACHE: '/a', XDG_CACHE_HOME: '/b' }, '/a'],
  [{ HOLDFAST_CACHE: 'near' }, resolve('near')],
  [{ HOLDFAST_CACHE: '', XDG_CACHE_HOME: '/b' }, '/b/holdfast'],
  [{}, join(homedir(), '.cache', 'holdfast')],
])('the cache of %j is %s', (env, expected) => {
  expect(cacheFolder(env)).toBe(resolve(expected));
});
