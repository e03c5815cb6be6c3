import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import {
  ARROWS,
  barrels,
  circles,
  manifestViolations,
  packageOf,
  roomViolations,
  type SourceFile,
  violations,
} from './arrows.js';

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
  expect(
    manifestViolations('packages/manifest/package.json', json({ '@holdfast/options': '1' })),
  ).toHaveLength(1);
  expect(
    manifestViolations('packages/checkpoint/package.json', json({ '@holdfast/pt-serializer': '1' })),
  ).toEqual([]);
});

test('a circle of files is found, of types too, and not one of tests', () => {
  const file = (name: string, text: string) => ({ path: `packages/trigger/src/${name}.ts`, text });
  const a = file('a', `import { b } from './b.js';`);
  const b = file('b', `import type { c } from './in/c.js';`);
  const c = file('in/c', `export { a } from '../a.js';`);
  expect(circles([a, b, c])).toEqual([
    ['a', 'b', 'in/c', 'a'].map((name) => `packages/trigger/src/${name}.ts`).join(' → '),
  ]);
  expect(circles([a, b])).toEqual([]);
  expect(circles([a, file('b.test', `import { a } from './a.js';`)])).toEqual([]);
});

test('an arrow between rooms of the runner runs downward', () => {
  const file = (path: string, specifier: string) => ({
    path: `apps/runner/src/${path}.ts`,
    text: `import { x } from '${specifier}';`,
  });
  expect(roomViolations([file('run/a', '../coordinate/b.js')])).toEqual([
    'apps/runner/src/run/a.ts: run may not import coordinate',
  ]);
  expect(roomViolations([file('run/a', '../cli.js'), file('shed/a', '../errors.js')])).toHaveLength(2);
  expect(roomViolations([file('result/a', '../run/b.js'), file('run/a', './b.js')])).toEqual([]);
});

test('only the index of a package passes on what other files have', () => {
  const text = `export { x } from './x.js';\nexport type { y } from './y.js';`;
  expect(barrels([{ path: 'apps/runner/src/run/index.ts', text }])).toHaveLength(1);
  expect(barrels([{ path: 'apps/runner/src/index.ts', text }])).toEqual([]);
  expect(barrels([{ path: 'apps/runner/src/run/a.ts', text: `${text}\nexport const z = 1;` }])).toEqual([]);
});

test('every import in this repository runs downward', () => {
  const folders = ['packages', 'apps'].flatMap((top) =>
    readdirSync(join(root, top)).map(
      (name) => [packageOf(`${top}/${name}/`), join(root, top, name)] as const,
    ),
  );
  expect(folders.map(([name]) => name).sort()).toEqual(Object.keys(ARROWS).sort());
  const found: string[] = [];
  const files: SourceFile[] = [];
  for (const [, folder] of folders) {
    const manifest = join(folder, 'package.json');
    found.push(...manifestViolations(relative(root, manifest), readFileSync(manifest, 'utf8')));
    for (const name of readdirSync(join(folder, 'src'), { recursive: true }) as string[]) {
      if (!/\.[mc]?tsx?$/.test(name)) continue;
      const path = join(folder, 'src', name);
      files.push({ path: relative(root, path), text: readFileSync(path, 'utf8') });
    }
  }
  expect(files.length).toBeGreaterThan(50);
  found.push(...violations(files), ...circles(files), ...roomViolations(files), ...barrels(files));
  expect(found).toEqual([]);
});
