import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ARROWS, manifestViolations, violations } from './arrows.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

test.each([
  [
    'an arrow upward',
    'packages/manifest/src/a.ts',
    `import { x } from '@holdfast/checkpoint';`,
    'may not import checkpoint',
  ],
  [
    'a sibling',
    'packages/coordinator/src/a.ts',
    `import type { x } from '@holdfast/manifest';`,
    'may not import manifest',
  ],
  [
    'export from',
    'packages/trigger/src/a.ts',
    `export { x } from '@holdfast/manifest';`,
    'may not import manifest',
  ],
  [
    'a dynamic import',
    'packages/trigger/src/a.ts',
    `await import('@holdfast/manifest');`,
    'may not import manifest',
  ],
  [
    'a deep import',
    'apps/runner/src/a.ts',
    `import { x } from '@holdfast/manifest/src/lock.js';`,
    'reaches into',
  ],
  [
    'testing outside a test',
    'apps/runner/src/a.ts',
    `import { x } from '@holdfast/coordinator/testing';`,
    'reaches into',
  ],
  [
    'a path out of the package',
    'packages/trigger/src/a.ts',
    `import { x } from '../../manifest/src/x.js';`,
    'leaves its package',
  ],
  [
    'itself by name',
    'packages/trigger/src/a.ts',
    `import { x } from '@holdfast/trigger';`,
    'its own package',
  ],
])('%s is a violation', (_, path, text, expected) => {
  expect(violations([{ path, text }])).toEqual([expect.stringContaining(expected)]);
});

test('what the design allows is none', () => {
  const text = `import { x } from '@holdfast/pt-serializer'; import y from './y.js'; import z from 'node:fs';`;
  expect(violations([{ path: 'packages/checkpoint/src/a.ts', text }])).toEqual([]);
  const testing = `import { x } from '@holdfast/coordinator/testing';`;
  expect(violations([{ path: 'apps/runner/src/a.test.ts', text: testing }])).toEqual([]);
});

test('a dependency against the arrows, or on what is private, is a violation', () => {
  const json = (dependencies: object) => JSON.stringify({ dependencies });
  expect(
    manifestViolations('packages/trigger/package.json', json({ '@holdfast/manifest': '1' })),
  ).toHaveLength(1);
  for (const hidden of ['durable', 'options'])
    expect(
      manifestViolations('packages/manifest/package.json', json({ [`@holdfast/${hidden}`]: '1' })),
    ).toHaveLength(1);
  expect(
    manifestViolations('packages/checkpoint/package.json', json({ '@holdfast/pt-serializer': '1' })),
  ).toEqual([]);
});

test('every import in this repository runs downward', () => {
  const folders = ['packages', 'apps'].flatMap((top) =>
    readdirSync(join(root, top)).map((name) => [name, join(root, top, name)] as const),
  );
  expect(folders.map(([name]) => name).sort()).toEqual(Object.keys(ARROWS).sort());
  const found: string[] = [];
  let files = 0;
  for (const [, folder] of folders) {
    const manifest = join(folder, 'package.json');
    found.push(...manifestViolations(relative(root, manifest), readFileSync(manifest, 'utf8')));
    for (const name of readdirSync(join(folder, 'src'), { recursive: true }) as string[]) {
      if (!/\.[mc]?ts$/.test(name)) continue;
      const path = join(folder, 'src', name);
      found.push(...violations([{ path: relative(root, path), text: readFileSync(path, 'utf8') }]));
      files++;
    }
  }
  expect(files).toBeGreaterThan(50);
  expect(found).toEqual([]);
});
