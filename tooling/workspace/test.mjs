// `npm test`: set-up, lint, types and the tests of every package; the last line counts the tests.
// `npm run test:unit`, `test:process` and `test:chaos`: set-up and one part of the tests.
// usage: node test.mjs [unit|process|chaos]

import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pnpm, root, run, setUp } from './setup.mjs';
import { checkTypes } from './types.mjs';

const part = process.argv[2];
setUp();
if (part === undefined) {
  run('node_modules/.bin/biome', ['check', '.']);
  checkTypes();
  // What the test of the packed packages needs; beside the other tests it would take three times as long.
  pnpm('exec', 'turbo', 'run', 'declarations', '--output-logs=errors-only');
}

const report = join(root, 'node_modules', '.vitest-report.json');
rmSync(report, { force: true });
const { status } = spawnSync(
  'node_modules/.bin/vitest',
  [
    'run',
    // The long laws are part of the chaos tests.
    ...(part === undefined ? [] : ['--project', `${part}*`]),
    '--reporter=default',
    '--reporter=json',
    `--outputFile=${report}`,
  ],
  { cwd: root, stdio: 'inherit' },
);
const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'));
console.log(`${numPassedTests} passed, ${numFailedTests} failed`);
process.exit(status ?? 1);
