import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findByName } from './find-by-name.js';

const options = { signal: new AbortController().signal, onEvent: () => undefined };

test('a folder whose export was cut off is refused until it is complete', async () => {
  const model = join(mkdtempSync(join(tmpdir(), 'find-')), 'exported');
  mkdirSync(model);
  const mark = join(model, '.holdfast-export');
  writeFileSync(mark, '');
  await expect(findByName(model, options)).rejects.toMatchObject({
    code: 'model_file_missing',
    message: expect.stringMatching(
      /export that was cut off.*run `holdfast models export MODEL --to \S+\/exported` again/,
    ),
  });
  rmSync(mark);
  expect(await findByName(model, options)).toEqual({ model });
});

test('a link that leads nowhere is a path, and no name to ask a hub for', async () => {
  const link = join(mkdtempSync(join(tmpdir(), 'find-')), 'link');
  symlinkSync('gone', link);
  expect(await findByName(link, options)).toEqual({ model: link });
});

test.each([
  ['https://huggingface.co/facebook/esm2_t6_8M_UR50D', /type facebook\/esm2_t6_8M_UR50D$/],
  ['https://huggingface.co/a/b/tree/v1', /type a\/b@v1$/],
  ['a/b/', /type a\/b$/],
  ['tnff', /no model has this name; did you mean tnf\? `holdfast models` lists/],
  ['esm2_8m', /did you mean esm2-8m\?/],
  ['esm2-8n@main', /did you mean esm2-8m\?/],
  ['w.npy', /has this name; `holdfast models`/],
  ['https://huggingface.co/docs', /`holdfast models` lists the names/],
])('%s is refused with what to type', async (model, says) => {
  await expect(findByName(model, options)).rejects.toMatchObject({
    code: 'model_not_found',
    message: expect.stringMatching(says),
  });
});
