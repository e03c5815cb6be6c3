import { expect, test } from 'vitest';
import { masked } from './masked.js';

test.each([
  ['http://user:pass@proxy:8080/', 'http://***@proxy:8080/'],
  ['--proxy=https://token@proxy', '--proxy=https://***@proxy'],
  ['https://a/b.fa?X-Amz-Signature=abc&part=1', 'https://a/b.fa?X-Amz-Signature=***&part=1'],
  ['https://a/b.fa?access_token=abc#x', 'https://a/b.fa?access_token=***#x'],
  ['hf_abcdefghijklmnop', 'hf_***'],
])('%s is kept as %s', (given, kept) => {
  expect(masked(given)).toBe(kept);
});

test.each([
  'in.fa',
  '--out',
  'people/me@home/in.fa',
  'OWNER/NAME@main',
  'https://host/a@b',
  'hf_small',
  '--id=key=(\\w+)',
])('%s stays as it is', (given) => {
  expect(masked(given)).toBe(given);
});
