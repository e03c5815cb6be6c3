import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { loadModel, resolveModel } from '../../../packages/gpu-runtime/src/index.js';
import { writeEsm2 } from '../esm2-shape.mjs';

const SCRIPT = fileURLToPath(new URL('../batch-tokens.mjs', import.meta.url));

test('the bench of batches prints a table for each way to share the cores, and leaves nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-test-'));
  const args = ['--quick', '--models', 'tnf', '--folder', folder];
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...args], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  for (const setup of ['1 worker(s) of 2 thread(s)', '2 worker(s) of 1 thread(s)'])
    expect(stdout).toContain(`tnf, ${setup}`);
  expect(stdout.match(/^\| 65536 \| \d+ \| 1\.00 \| 1\.00 \| \d+ \|$/gm)).toHaveLength(2);
  expect(await readdir(folder)).toEqual([]);
});

test('a model of random weights is read as ESM-2, and its rows do not depend on the batch', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-test-'));
  writeEsm2(folder, { layers: 2, dim: 16, heads: 2 });
  const model = await loadModel(await resolveModel(folder));
  const sequences = ['MKTAYIAK', 'GSHMRYDKELAAKK', 'M'].map((residues) => Buffer.from(residues));
  const together = await model.embed(sequences);
  expect(together.every(Number.isFinite)).toBe(true);
  for (const [i, sequence] of sequences.entries())
    for (const [column, value] of (await model.embed([sequence])).entries())
      expect(value).toBeCloseTo(together[i * 16 + column]!, 5);
  await model.release();
});
