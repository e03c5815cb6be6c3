import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fencedFileSystem, writeFileDurably } from '@holdfast/durable';
import { beforeEach, expect, test } from 'vitest';
import { evictClaims, leaveClaimFolder, takeClaimFolder } from './claim-folder.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'claim-'));
});

const token = (attempt: number, manifest = '5f0c9a4e-1111-2222-3333-444455556666') =>
  `${manifest}/7/${attempt}`;
const owner = async () => undefined;
const write = (fence: string, name: string) =>
  writeFileDurably(join(folder, name), 'x', { fs: fencedFileSystem(fence), onlyNew: true });

test('an earlier owner changes nothing once a later one has its folder', async () => {
  const first = await takeClaimFolder(folder, token(1), owner);
  await write(first, 'batch_00000.pt');
  const second = await takeClaimFolder(folder, token(2), owner);
  await expect(write(first, 'batch_00001.pt')).rejects.toMatchObject({ code: 'fenced' });
  await write(second, 'batch_00001.pt');
  await leaveClaimFolder(second);
  expect((await readdir(folder)).sort()).toEqual(['batch_00000.pt', 'batch_00001.pt']);
});

test('an owner that wakes up late removes nothing of a later one', async () => {
  const second = await takeClaimFolder(folder, token(2), owner);
  const stale = Object.assign(new Error('stale'), { code: 'stale_claim' });
  await expect(takeClaimFolder(folder, token(1), () => Promise.reject(stale))).rejects.toBe(stale);
  // It was still the owner when it asked, and slept after that.
  await takeClaimFolder(folder, token(1), owner);
  await write(second, 'batch_00000.pt');
});

test('the folder is there before its owner asks whether it still is one', async () => {
  let then: string[] = [];
  await takeClaimFolder(folder, token(1), async () => {
    then = await readdir(folder);
  });
  expect(then).toEqual(['claim_1_5f0c9a4e1111.tmp']);
});

test('claims of a manifest that was rebuilt are earlier ones', async () => {
  const old = await takeClaimFolder(folder, token(9), owner);
  await takeClaimFolder(folder, token(1, 'aaaaaaaa-0000-0000-0000-000000000000'), owner);
  await expect(write(old, 'batch_00000.pt')).rejects.toMatchObject({ code: 'fenced' });
});

test('a file that was being set aside arrives; an unfinished one goes', async () => {
  const first = await takeClaimFolder(folder, token(1), owner);
  await writeFile(join(first, 'batch_00003.pt.corrupt'), 'evidence');
  await writeFile(join(first, 'batch_00004.pt.0123456789ab.tmp'), 'unfinished');
  await takeClaimFolder(folder, token(2), owner);
  expect((await readdir(folder)).sort()).toEqual(['batch_00003.pt.corrupt', 'claim_2_5f0c9a4e1111.tmp']);
});

test('without an owner all claims are evicted, and nothing else', async () => {
  await takeClaimFolder(folder, token(3), owner);
  await mkdir(join(folder, 'claim_of_somebody'));
  await evictClaims(folder);
  expect(await readdir(folder)).toEqual(['claim_of_somebody']);
});

test('what is no token of a claim is refused', async () => {
  for (const wrong of ['', 'x', 'abc/1/../..', '/1/2'])
    await expect(takeClaimFolder(folder, wrong, owner)).rejects.toThrow(/not the token of a claim/);
});
