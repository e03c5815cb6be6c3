import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, test } from 'vitest';
import { checkpointName } from '../src/names.js';
import { resumeFromCheckpoints } from '../src/read/resume.js';
import { AsyncCheckpointWriter } from '../src/write/writer.js';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const PYTHON = '/usr/bin/python3';

/** Whether real PyTorch is on this machine; reports if it is not. */
function hasTorch(): boolean {
  try {
    execFileSync(PYTHON, ['-c', 'import torch'], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn('LEFT OUT: real PyTorch is not on this machine (Debian: python3-torch)');
    return false;
  }
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'original-'));
});

const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `seq_${from + i}`);
const numbers = (rows: number) => Float32Array.from({ length: rows * 4 }, (_, i) => i / 8);

test('a folder written by the original is resumed and continued', async () => {
  await cp(at('fixtures/original'), folder, { recursive: true });
  expect(await resumeFromCheckpoints(folder)).toEqual([
    ids(0, 5),
    { data: numbers(5), shape: [5, 4] },
    2,
    [],
  ]);
  await using writer = new AsyncCheckpointWriter();
  const rows = { data: numbers(6).subarray(20), shape: [1, 4] as const };
  await writer.writeCheckpointAsync(join(folder, checkpointName(2)), rows, ids(5, 6));
  await writer.waitAll();
  const [all, embeddings, next] = await resumeFromCheckpoints(folder);
  expect([all, embeddings, next]).toEqual([ids(0, 6), { data: numbers(6), shape: [6, 4] }, 3]);
});

test('a torn file of the original, with an empty marker, is not trusted', async () => {
  await cp(at('fixtures/original'), folder, { recursive: true });
  await truncate(join(folder, checkpointName(1)), 500);
  const [all, , next] = await resumeFromCheckpoints(folder);
  expect([all, next]).toEqual([ids(0, 3), 1]);
});

test.runIf(hasTorch())('the original resumes a folder of ours as we do', async () => {
  await using writer = new AsyncCheckpointWriter();
  const random = Float32Array.from({ length: 9 * 4 }, () => Math.random());
  for (let i = 0; i < 3; i++) {
    const rows = { data: random.subarray(i * 12, (i + 1) * 12), shape: [3, 4] as const };
    const path = join(folder, checkpointName(i));
    await writer.writeCheckpointAsync(path, rows, ids(3 * i, 3 * i + 3), { rank: 0, batch_idx: i });
  }
  await writer.waitAll();
  const theirs = () =>
    JSON.parse(execFileSync(PYTHON, [at('original.py'), 'resume', folder], { encoding: 'utf8' }));
  const sha256 = (rows: Float32Array) => createHash('sha256').update(rows).digest('hex');
  expect(theirs()).toEqual({ ids: ids(0, 9), shape: [9, 4], sha256: sha256(random), next: 3, corrupted: [] });
  await rm(join(folder, `${checkpointName(1)}.done`));
  const [all, embeddings, next, corrupted] = await resumeFromCheckpoints(folder);
  expect(theirs()).toEqual({ ids: all, shape: [3, 4], sha256: sha256(embeddings!.data), next, corrupted });
});

test.runIf(hasTorch())('real PyTorch loads a checkpoint without rows', async () => {
  await using writer = new AsyncCheckpointWriter();
  const path = join(folder, checkpointName(0));
  await writer.writeCheckpointAsync(path, { data: new Float32Array(0), shape: [0, 4] }, [], { left_out: 3 });
  await writer.waitAll();
  const script = `import sys, torch
f = torch.load(sys.argv[1], weights_only=True)
print(list(f["embeddings"].shape), f["embeddings"].dtype, f["sequence_ids"], f["metadata"])`;
  const output = execFileSync(PYTHON, ['-c', script, path], { encoding: 'utf8' });
  expect(output).toBe("[0, 4] torch.float32 [] {'left_out': 3}\n");
});
