import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPrecisionCost, writePrecisionCost } from './precision-cost.js';

const COST = { name: 'int8', sequences: 256, cosine_median: 0.9995, cosine_worst: 0.997 };

test('it is read by its own run only, and not if a character is damaged', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'cost-')), 'precision.json');
  expect(await readPrecisionCost(path, 'run')).toBeNull();
  await writePrecisionCost(path, 'run', COST);
  expect(await readPrecisionCost(path, 'run')).toEqual(COST);
  expect(await readPrecisionCost(path, 'other')).toBeNull();
  const text = await readFile(path, 'utf8');
  for (const damaged of [
    text.replace('0.997', '0.998'),
    text.slice(0, -9),
    text.replace('sha256', 'sha257'),
  ]) {
    await writeFile(path, damaged);
    expect(await readPrecisionCost(path, 'run')).toBeNull();
  }
});
