// Writes the tables of docs/cli.md from the command definitions in apps/runner/src/command/options.ts.
// usage: node tooling/docs/cli.mjs
//
// The definitions are TypeScript, so the test that checks the page also writes it.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { status } = spawnSync('node_modules/.bin/vitest', ['run', 'tooling/docs/test/cli-page.test.ts'], {
  cwd: root,
  env: { ...process.env, HOLDFAST_WRITE_DOCS: '1' },
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
