import { defineConfig } from 'tsup';

/** Packages that are private to this repository: their code and types are put inside the packages that use them. */
const PRIVATE = ['@holdfast/options'];

/** Type declarations take five times as long as the code, and only who installs a package needs them: a script of their own. */
const DECLARATIONS = process.env.npm_lifecycle_event === 'declarations';

/** The build every package shares: ESM for Node 20, or its type declarations. */
export function library(options = {}) {
  return defineConfig({
    entry: ['src/index.ts'],
    format: ['esm'],
    target: 'node20',
    platform: 'node',
    sourcemap: true,
    // Declarations are put beside the code, which may be in use.
    clean: !DECLARATIONS,
    silent: true,
    dts: DECLARATIONS && { only: true, resolve: PRIVATE },
    noExternal: PRIVATE,
    ...options,
  });
}
