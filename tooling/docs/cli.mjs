// Writes what follows from definitions in apps/runner/src: the tables of docs/cli.md (command/options.ts), that of events in
// docs/output.md and docs/events.schema.json (events/event-schema.ts), and the manual page apps/runner/man/holdfast.1.
// usage: node tooling/docs/cli.mjs
//
// The definitions are TypeScript, so the tests that check the pages also write them.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const TESTS = ['cli-page', 'event-pages', 'man-page'].map((name) => `tooling/docs/test/${name}.test.ts`);
const root = fileURLToPath(new URL('../..', import.meta.url));
const { status } = spawnSync('node_modules/.bin/vitest', ['run', ...TESTS], {
  cwd: root,
  env: { ...process.env, WRITE_DOCS: '1' },
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
