import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cachedModel, hubCache, hubModel } from './hub-cache.js';

test.each([
  ['facebook/esm2_t6_8M_UR50D', { id: 'facebook/esm2_t6_8M_UR50D', revision: 'main' }],
  ['zhihan1996/DNABERT-S@refs/pr/3', { id: 'zhihan1996/DNABERT-S', revision: 'refs/pr/3' }],
  ['a.b/c-d@c0ffee', { id: 'a.b/c-d', revision: 'c0ffee' }],
  ['esm2', null],
  ['./models/esm2', null],
  ['/models/esm2', null],
  ['a/b/c', null],
  ['../esm2', null],
  ['a/..', null],
  ['a/b@', null],
  ['a/b@../../x', null],
])('%s is read as a model on the hub: %o', (text, model) => {
  expect(hubModel(text)).toEqual(model);
});

test.each([
  [{ HF_HUB_CACHE: '/a', HF_HOME: '/b', XDG_CACHE_HOME: '/c' }, '/a'],
  [{ HF_HOME: '/b', XDG_CACHE_HOME: '/c' }, '/b/hub'],
  [{ XDG_CACHE_HOME: '/c' }, '/c/huggingface/hub'],
  [{ HF_HUB_CACHE: '', HF_HOME: '' }, join(homedir(), '.cache/huggingface/hub')],
])('the cache by the environment %o', (env, cache) => {
  expect(hubCache(env)).toBe(cache);
});

test('a branch is the commit of the last download; a commit is itself; anything else was not downloaded', async () => {
  const cache = await mkdtemp(join(tmpdir(), 'hub-'));
  const folder = join(cache, 'models--owner--name');
  for (const commit of ['c0ffee', 'decade'])
    await mkdir(join(folder, 'snapshots', commit), { recursive: true });
  await mkdir(join(folder, 'refs'), { recursive: true });
  await writeFile(join(folder, 'refs', 'main'), 'decade');
  await writeFile(join(folder, 'refs', 'gone'), 'dead');
  const at = (revision: string, id = 'owner/name') => cachedModel({ id, revision }, cache);
  expect(await at('main')).toBe(join(folder, 'snapshots', 'decade'));
  expect(await at('c0ffee')).toBe(join(folder, 'snapshots', 'c0ffee'));
  expect(await at('gone')).toBe(null);
  expect(await at('other')).toBe(null);
  expect(await at('main', 'owner/other')).toBe(null);
});
