import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// Where a test lies says what it is: beside the sources it runs in process; in `test/` it may start processes. A `.law.test.ts`
// beside the sources is a long law: it runs in process, with the chaos tests.
const setupFiles = [at('./tooling/config/vitest-in-process.mjs')];
const globalSetup = [at('./tooling/config/vitest-temp.mjs'), at('./tooling/config/vitest-built.mjs')];
const CHAOS = 'tooling/{chaos,fuzz}/test/**/*.test.ts';
const LAWS = '{packages,apps,tooling}/*/src/**/*.law.test.ts';

export default defineConfig({
  resolve: {
    // Tests see the sources of sibling packages; child processes and the packed-install test use what was built.
    alias: [
      { find: /^@holdfast\/run-folder\/glance$/, replacement: at('./packages/run-folder/src/glance.ts') },
      { find: /^@holdfast\/(?!config|runner)([a-z-]+)$/, replacement: at('./packages/$1/src/index.ts') },
    ],
  },
  test: {
    // Only for tests that hang: the longest laws take two minutes on a slow machine, beside others.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // For tests that import onnxruntime-node themselves.
    env: { ORT_DISABLE_TELEMETRY: '1' },
    pool: 'forks',
    // On two cores: tests wait for delays, signals and disks. Five workers took 78 s for what took three 97.
    maxWorkers: 5,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          // Modules are loaded once a worker instead of once a file, which saves a third of the time.
          isolate: false,
          globalSetup,
          include: ['{packages,apps,tooling}/*/src/**/*.test.ts'],
          exclude: [LAWS, '**/node_modules/**'],
          setupFiles,
        },
      },
      {
        extends: true,
        test: {
          name: 'process',
          globalSetup,
          include: ['{packages,apps,tooling}/*/test/**/*.test.ts'],
          exclude: [CHAOS, '**/node_modules/**'],
        },
      },
      { extends: true, test: { name: 'chaos', globalSetup, include: [CHAOS] } },
      { extends: true, test: { name: 'chaos-laws', globalSetup, include: [LAWS], setupFiles } },
    ],
  },
});
