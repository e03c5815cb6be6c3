import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    // Tests see the sources of sibling packages; child processes and the packed-install test use what was built.
    alias: [
      { find: /^@holdfast\/(?!config|runner)([a-z-]+)$/, replacement: at('./packages/$1/src/index.ts') },
    ],
  },
  test: {
    include: ['{packages,apps,tooling}/*/{src,test}/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    globalSetup: at('./tooling/config/vitest-temp.mjs'),
    // For tests that import onnxruntime-node themselves.
    env: { ORT_DISABLE_TELEMETRY: '1' },
    pool: 'forks',
    maxWorkers: 2,
  },
});
