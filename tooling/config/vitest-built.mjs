// Child processes and threads run the built files. This checks, by file times alone, whether those are older than their sources.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const changed = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** The time of the last successful set-up. A build that finds nothing new leaves file times unchanged. */
const stampOf = (root) => join(root, 'node_modules', '.holdfast-built');

/** Every file that a package's build reads. */
function sources(folder) {
  const files = readdirSync(join(folder, 'src'), { recursive: true })
    .filter((name) => /\.(?:[mc]?ts|tsx|css)$/.test(name) && !name.endsWith('.test.ts'))
    .map((name) => join(folder, 'src', name));
  const others = ['tsup.config.ts', 'vite.config.ts', 'index.html', 'package.json'];
  return [...files, ...others.map((name) => join(folder, name))];
}

/**
 * One source per package that is newer than the package's built files.
 * @param {string} root the workspace
 * @returns {{ name: string, file: string | null }[]} `file` is null if nothing was built
 */
export function stale(root = ROOT) {
  const folders = ['packages', 'apps'].flatMap((top) =>
    readdirSync(join(root, top)).map((name) => join(root, top, name)),
  );
  const packages = folders.map((folder) => ({
    folder,
    ...JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')),
  }));
  // Private packages are bundled into the packages that use them.
  const inlined = new Map(
    packages.filter((each) => each.private).map(({ name, folder }) => [name, sources(folder)]),
  );
  const setUp = changed(stampOf(root));
  return packages.flatMap(({ name, folder, devDependencies = {} }) => {
    // The page of the dashboard is built as one file of HTML.
    const built = changed(join(folder, 'dist', 'index.js')) || changed(join(folder, 'dist', 'index.html'));
    if (built === 0) return [{ name, file: null }];
    const read = [
      ...sources(folder),
      ...Object.keys(devDependencies).flatMap((other) => inlined.get(other) ?? []),
    ];
    const file = read.find((path) => changed(path) > Math.max(built, setUp));
    return file ? [{ name, file: relative(root, file) }] : [];
  });
}

/** Runs before the tests of a project: warns in-process tests, and refuses tests with processes. */
export default function check(project) {
  const found = stale();
  if (found.length === 0) return;
  const lines = found.map(({ name, file }) => `  ${name}: ${file ? `${file} is newer` : 'not built'}`);
  const message = `These packages must be rebuilt, since child processes run the built files:\n${lines.join('\n')}\nRun \`npm run setup\`.`;
  if (project.name === 'process' || project.name === 'chaos') throw new Error(message);
  console.warn(message);
}
