import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { anchorsIn, citationsIn, linksIn } from './links.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
/** What is not written here: installed, built, made by a run, or data of tests. */
const SKIPPED = new Set(['node_modules', 'dist', 'fixtures', 'demo-out', '.git', '.turbo']);
const pages = pagesIn('').sort();

function pagesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : pagesIn(path);
    return entry.isFile() && path.endsWith('.md') ? [path] : [];
  });
}

test('links, anchors and named tests are read from a page', () => {
  const page = [
    '# One `x` (two)',
    '## Same',
    '## Same',
    'See [a](b.md#c-d), [web](https://example.org/x) and [here](#same-1).',
    '```',
    '[not](a-link.md)',
    '```',
    '[t](src/a.test.ts): “it works, still”',
  ].join('\n');
  expect(linksIn(page)).toEqual([
    { path: 'b.md', anchor: 'c-d', line: 4 },
    { path: '', anchor: 'same-1', line: 4 },
    { path: 'src/a.test.ts', anchor: undefined, line: 8 },
  ]);
  expect([...anchorsIn(page)]).toEqual(['one-x-two', 'same', 'same-1']);
  expect(citationsIn(page)).toEqual([{ path: 'src/a.test.ts', title: 'it works, still', line: 8 }]);
});

test('every link of every page leads somewhere, and so does its anchor', () => {
  const dead = pages.flatMap((page) =>
    linksIn(read(page)).flatMap(({ path, anchor, line }) =>
      leadsSomewhere(page, path, anchor) ? [] : [`${page}:${line}: ${path}${anchor ? `#${anchor}` : ''}`],
    ),
  );
  expect(dead).toEqual([]);
});

function leadsSomewhere(page: string, path: string, anchor: string | undefined): boolean {
  const target = path === '' ? page : normalize(join(dirname(page), path));
  if (target.startsWith('..') || !existsSync(join(root, target))) return false;
  return anchor === undefined || (target.endsWith('.md') && anchorsIn(read(target)).has(anchor));
}

test('every test that a page names as proof is there under its title', () => {
  const missing = pages.flatMap((page) =>
    citationsIn(read(page)).flatMap(({ path, title, line }) => {
      const file = normalize(join(dirname(page), path));
      const isTitle = existsSync(join(root, file)) && titled(read(file), title);
      return isTitle ? [] : [`${page}:${line}: ${file}: ${title}`];
    }),
  );
  expect(missing).toEqual([]);
  expect(citationsIn(read('docs/failures.md')).length).toBeGreaterThan(40);
});

/** As a string of its own: a title, or what a table of cases calls one. */
const titled = (source: string, title: string) =>
  [`'`, `"`, '`'].some((quote) => source.includes(`${quote}${title}${quote}`));

test('docs/README.md links to every page under docs/', () => {
  const listed = linksIn(read('docs/README.md')).map(({ path }) => normalize(join('docs', path)));
  const due = pages.filter((page) => page.startsWith('docs/') && page !== 'docs/README.md');
  expect(due.filter((page) => !listed.includes(page))).toEqual([]);
});

test('the README is a page, not a manual', () => {
  expect(statSync(join(root, 'README.md')).size).toBeLessThan(5000);
});
