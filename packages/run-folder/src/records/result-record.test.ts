import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { type ResultRecord, readResult, writeResultRecord } from './result-record.js';

const record: ResultRecord = {
  format: 1,
  run: 'r',
  sequences: 1,
  dim: 1,
  files: [
    {
      file: 'embeddings.npy',
      bytes: 4,
      sha256: createHash('sha256').update('four').digest('hex'),
    },
  ],
  warnings: [],
};
let out: string;
let path: string;
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), 'result-'));
  path = join(out, 'result.json');
  await writeFile(join(out, 'embeddings.npy'), 'four');
  await writeResultRecord(path, record);
});
const read = (run = 'r', file = 'embeddings.npy') =>
  readResult(path, { out, run, embeddings: join(out, file), signal: new AbortController().signal });

test('an intact result of this run is accepted', async () => {
  expect(await read()).toEqual(record);
});

test('the number of quarantined sequences is read if the version that wrote it recorded it', async () => {
  expect(await read()).not.toHaveProperty('quarantined');
  await writeResultRecord(path, { ...record, quarantined: 2 });
  expect(await read()).toEqual({ ...record, quarantined: 2 });
});

test('a result of another run, in another format, damaged, cut, changed or gone is not', async () => {
  expect(await read('another')).toBeNull();
  expect(await read('r', 'embeddings.pt')).toBeNull();
  await writeFile(join(out, 'embeddings.npy'), 'cut');
  expect(await read()).toBeNull();
  await writeFile(join(out, 'embeddings.npy'), 'flip');
  expect(await read()).toBeNull();
  await rm(join(out, 'embeddings.npy'));
  expect(await read()).toBeNull();
  await writeFile(path, '{"format":1');
  expect(await read()).toBeNull();
  await rm(path);
  expect(await read()).toBeNull();
});

test('a result of a later version is rejected, though its files are intact', async () => {
  await writeFile(path, JSON.stringify({ ...record, format: 2 }));
  expect(await read()).toBeNull();
});
