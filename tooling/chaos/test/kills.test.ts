import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const node = (script: string, ...args: string[]) =>
  execFileSync(process.execPath, [at(script), ...args], { maxBuffer: 1 << 30, encoding: 'utf8' });

test.each([1, 2, 3])(
  'a run killed with SIGKILL six times gives the bytes of an undisturbed one (seed %i)',
  (seed) => {
    const folder = mkdtempSync(join(tmpdir(), 'kills-'));
    const input = join(folder, 'windows.fa');
    const genome = at('../../../apps/runner/data/lambda_virus.fa.gz');
    writeFileSync(
      input,
      node('../../workload/windows.mjs', genome, '--count', '20000', '--length', '300', '--stride', '3'),
    );
    const options = ['--workers', '2', '--seq-threshold', '100', '--batch-tokens', '4000'];
    const lines = node(
      '../kills.mjs',
      input,
      '--out',
      folder,
      '--kills',
      '6',
      '--seed',
      `${seed}`,
      '--',
      ...options,
    )
      .trim()
      .split('\n');
    expect(JSON.parse(lines.at(-1)!)).toEqual({ verdict: 'held', kills: 6, byteIdentical: true });
  },
);
