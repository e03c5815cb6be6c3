import { defineConfig } from 'tsup';

/** Packages that are private to this repository: their code and types are put inside the packages that use them. */
const PRIVATE = ['@holdfast/options'];

/** The build every package shares: ESM for Node 20 with type declarations. */
export function library(options = {}) {
  return defineConfig({
    entry: ['src/index.ts'],
    format: ['esm'],
    target: 'node20',
    platform: 'node',
    sourcemap: true,
    clean: true,
    silent: true,
    dts: { resolve: PRIVATE },
    noExternal: PRIVATE,
    ...options,
  });
}
