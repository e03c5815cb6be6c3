import { expect, test } from 'vitest';
import { catalog } from './catalog.js';
import { formatHubName, hubName, nameInAddress } from './hub-name.js';

test.each([
  ['facebook/esm2_t6_8M_UR50D', 'facebook/esm2_t6_8M_UR50D', 'main'],
  ['zhihan1996/DNABERT-S@refs/pr/3', 'zhihan1996/DNABERT-S', 'refs/pr/3'],
  ['a.b/c-d@c0ffee', 'a.b/c-d', 'c0ffee'],
  ['esm2-650m', 'facebook/esm2_t33_650M_UR50D', 'main'],
  ['ESM2_t33_650m_ur50d@v1', 'facebook/esm2_t33_650M_UR50D', 'v1'],
  ['DNABERT-S', 'zhihan1996/DNABERT-S', 'main'],
])('%s is the model %s at %s', (text, id, revision) => {
  expect(hubName(text)).toEqual({ id, revision });
});

test.each([
  'esm2',
  './models/esm2',
  '/models/esm2',
  'a/b/c',
  '../esm2',
  'a/..',
  'a/b@',
  'a/b@../../x',
  'a/b@x/',
  'a/b.git',
])('%s is no name of the hub', (text) => {
  expect(hubName(text)).toBeNull();
});

test('each short name is unique, and is a name of what it stands for', () => {
  const names = catalog.flatMap((entry) => entry.names.map((name) => name.toLowerCase()));
  expect(new Set(names).size).toBe(names.length);
  for (const { names: own, id } of catalog)
    for (const name of own) expect(hubName(name)).toEqual({ id, revision: 'main' });
});

test('the usual branch is not printed', () => {
  expect(formatHubName({ id: 'a/b', revision: 'main' })).toBe('a/b');
  expect(formatHubName({ id: 'a/b', revision: 'v1' })).toBe('a/b@v1');
});

test.each([
  ['https://huggingface.co/a/b', 'a/b'],
  ['https://huggingface.co/a/b/', 'a/b'],
  ['http://mirror.example/a/b?library=transformers#use', 'a/b'],
  ['huggingface.co/a/b', 'a/b'],
  ['hf.co/a/b.git', 'a/b'],
  ['hf://a/b', 'a/b'],
  ['https://huggingface.co/a/b/tree/v1', 'a/b@v1'],
  ['https://huggingface.co/a/b/tree/main/onnx', 'a/b'],
  ['https://huggingface.co/a/b/tree/refs%2Fpr%2F3', 'a/b@refs/pr/3'],
  ['https://huggingface.co/a/b/blob/c0ffee/config.json', 'a/b@c0ffee'],
  ['https://huggingface.co/a/b/discussions/3', 'a/b'],
  ['a/b/', 'a/b'],
])('%s is an address of %s', (text, name) => {
  const found = nameInAddress(text);
  expect(found && formatHubName(found)).toBe(name);
});

test.each([
  'a/b',
  'https://huggingface.co/datasets/a/b',
  './a/b/',
  '/a/b/',
  'a/b/c/',
  'https://huggingface.co/a',
  'https://huggingface.co/',
])('%s is no address of a model', (text) => {
  expect(nameInAddress(text)).toBeNull();
});
