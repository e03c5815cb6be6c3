import { mkdtempSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hubSettings } from './settings.js';

test.each([
  [{ HF_HUB_CACHE: '/a', HF_HOME: '/b', XDG_CACHE_HOME: '/c' }, '/a'],
  [{ HF_HOME: '/b', XDG_CACHE_HOME: '/c' }, '/b/hub'],
  [{ XDG_CACHE_HOME: '/c' }, '/c/huggingface/hub'],
  [{ HF_HOME: '~/models' }, join(homedir(), 'models/hub')],
  [{ HF_HUB_CACHE: '', HF_HOME: '' }, join(homedir(), '.cache/huggingface/hub')],
])('the cache by the environment %o', (env, cache) => {
  expect(hubSettings(env).cache).toBe(cache);
});

test('the token of the environment, or the one that was saved, unless that is not wanted', () => {
  const home = mkdtempSync(join(tmpdir(), 'hub-'));
  const env = { HF_HOME: home };
  expect(hubSettings(env).token).toBeNull();
  writeFileSync(join(home, 'token'), 'saved\n');
  expect(hubSettings(env).token).toBe('saved');
  expect(hubSettings({ ...env, HF_TOKEN: ' given ' }).token).toBe('given');
  expect(hubSettings({ ...env, HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' }).token).toBeNull();
});

test('the public hub, unless another one is named; the network, unless it is forbidden', () => {
  expect(hubSettings({})).toMatchObject({ endpoint: 'https://huggingface.co', offline: false });
  const env = { HF_ENDPOINT: 'http://mirror:80/hf/', HF_HUB_OFFLINE: 'True' };
  expect(hubSettings(env)).toMatchObject({ endpoint: 'http://mirror:80/hf', offline: true });
});

test('an empty HOME is refused where it is needed: the cache must not be in the working directory', () => {
  expect(() => hubSettings({ HOME: '' })).toThrow(/^HOME: is empty; .* set HF_HOME/);
  expect(() => hubSettings({ HOME: '', HF_HOME: '~/models' })).toThrow(/^HOME: is empty/);
  expect(hubSettings({ HOME: '', HF_HOME: '/b' }).cache).toBe('/b/hub');
  expect(hubSettings({ HOME: '', HF_HUB_CACHE: '/a' })).toMatchObject({ cache: '/a', token: null });
});
