// `npm test`: set-up, lint, types and the tests of every package; the last line counts the tests.

import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pnpm, root, run, setUp } from './setup.mjs';

setUp();
run('node_modules/.bin/biome', ['check', '.']);
pnpm('exec', 'turbo', 'run', 'types', '--output-logs=errors-only');

const report = join(root, 'node_modules', '.vitest-report.json');
rmSync(report, { force: true });
const { status } = spawnSync(
  'node_modules/.bin/vitest',
  ['run', '--reporter=default', '--reporter=json', `--outputFile=${report}`],
  { cwd: root, stdio: 'inherit' },
);
const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'));
console.log(`${numPassedTests} passed, ${numFailedTests} failed`);
process.exit(status ?? 1);
