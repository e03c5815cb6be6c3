import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { fixture, freshFolder, holdfast, windows } from './command.js';

const PYTHON = '/usr/bin/python3';

test('real PyTorch reads every checkpoint, and its rows and IDs are the result’s, each once', async () => {
  if (spawnSync(PYTHON, ['-c', 'import torch']).status !== 0) {
    console.warn('LEFT OUT: real PyTorch is not on this machine (Debian: python3-torch)');
    return;
  }
  const out = join(await freshFolder(), 'out');
  const reads = await windows(3000);
  const line = ['embed', fixture('messy.fa'), reads, '--out', out, '--shards', '4', '--seq-threshold', '200'];
  expect(await holdfast([...line, '--batch-tokens', '8000'])).toMatchObject({ code: 0 });
  const script = fileURLToPath(new URL('check_checkpoints.py', import.meta.url));
  const [files, rows] = execFileSync(PYTHON, [script, out], { encoding: 'utf8' })
    .trim()
    .split(' ')
    .map(Number);
  expect(files).toBeGreaterThanOrEqual(12);
  expect(rows).toBeGreaterThan(3000);
});
