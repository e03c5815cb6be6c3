import { defineConfig } from 'tsup';

/**
 * The build every package shares: ESM for Node 20 with type declarations. `@holdfast/durable` is private to this
 * repository, so its code and types are put inside the package that uses it.
 */
export function library(options = {}) {
  return defineConfig({
    entry: ['src/index.ts'],
    format: ['esm'],
    target: 'node20',
    platform: 'node',
    sourcemap: true,
    clean: true,
    silent: true,
    dts: { resolve: ['@holdfast/durable'] },
    noExternal: ['@holdfast/durable'],
    ...options,
  });
}
