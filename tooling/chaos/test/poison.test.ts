import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { greatestDifference } from '../result.mjs';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

test('a run with seven poison sequences, three SIGKILLs and two SIGTERMs gives all but exactly these seven', () => {
  const args = [
    '--model',
    at('../../../packages/gpu-runtime/test/fixtures/poison_esm2'),
    '--out',
    mkdtempSync(join(tmpdir(), 'poison-')),
    '--sequences',
    '3000',
    '--',
    '--workers',
    '2',
    '--batch-tokens',
    '2048',
  ];
  // Also where it did not hold: the verdict says what of it.
  const { stdout } = spawnSync(process.execPath, [at('../poison.mjs'), ...args], { encoding: 'utf8' });
  expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toMatchObject({
    verdict: 'held',
    sequences: 3000,
    rowsGiven: 2993,
  });
});

test('a row that is another one, has no number or stands elsewhere is told', () => {
  const result = (ids: string[], rows: number[]) => ({ ids, shape: [2, 2], rows: Float32Array.from(rows) });
  const good = result(['a', 'b'], [1, 2, 3, 4]);
  expect(greatestDifference(good, result(['a', 'b'], [1, 2, 3, 4.5]))).toBe(0.5);
  for (const bad of [
    result(['a', 'b'], [1, 2, 3, Number.NaN]),
    result(['b', 'a'], [1, 2, 3, 4]),
    result(['a'], [1, 2, 3, 4]),
    result(['a', 'b'], [1, 2, 3]),
  ]) {
    expect(greatestDifference(good, bad)).toBe(Number.POSITIVE_INFINITY);
    expect(greatestDifference(bad, good)).toBe(Number.POSITIVE_INFINITY);
  }
});
