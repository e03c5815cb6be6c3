import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import * as schema from './index.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

test('every part of zod that a source uses is there', () => {
  const sources = ['packages', 'apps'].flatMap((top) =>
    readdirSync(join(root, top)).flatMap((name) =>
      readdirSync(join(root, top, name, 'src'), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .map((file) => readFileSync(join(root, top, name, 'src', file), 'utf8')),
    ),
  );
  const used = sources
    .filter((text) => text.includes("* as z from '@holdfast/schema'"))
    .flatMap((text) => [...text.matchAll(/\bz\.([a-z]\w*)/g)].map(([, name]) => name!))
    .filter((name) => name !== 'infer');
  expect(used.length).toBeGreaterThan(100);
  expect([...new Set(used)].filter((name) => !(name in schema))).toEqual([]);
});
