import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

test('the check of a device finds the CPU to be as good as itself', { timeout: 300_000 }, async () => {
  const out = join(await mkdtemp(join(tmpdir(), 'gpu-check-test-')), 'out');
  const model = at('../../../packages/gpu-runtime/test/fixtures/tiny_esm2');
  const args = [
    '--device',
    'cpu',
    '--out',
    out,
    '--model',
    model,
    '--proteins',
    '8',
    '--sizes',
    '512',
    '--oom',
    '0',
  ];
  const { status, stderr } = spawnSync(process.execPath, [at('../check.mjs'), ...args], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  const findings = JSON.parse(await readFile(join(out, 'findings.json'), 'utf8'));
  for (const pair of ['fixed against cpu', 'again against fixed', 'killed against fixed'])
    expect(findings[pair]).toMatchObject({ sameBytes: true, greatestDifference: 0, leastCosine: 1 });
  expect(findings['speed 512'].perSecond).toBeGreaterThan(0);
});
