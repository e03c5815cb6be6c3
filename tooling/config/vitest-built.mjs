// What child processes and threads run is what was built. Looks, by the times of files alone, whether that is older than
// the sources it was built from.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const changed = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** When a whole set-up succeeded last; a build that finds nothing new leaves the files, and their times, as they are. */
const stampOf = (root) => join(root, 'node_modules', '.holdfast-built');

/** Every file that a package's build reads. */
function sources(folder) {
  const files = readdirSync(join(folder, 'src'), { recursive: true })
    .filter((name) => /\.[mc]?ts$/.test(name) && !name.endsWith('.test.ts'))
    .map((name) => join(folder, 'src', name));
  return [...files, join(folder, 'tsup.config.ts'), join(folder, 'package.json')];
}

/**
 * The sources that are newer than what was built from them, one for each package.
 * @param {string} root the workspace
 * @returns {{ name: string, file: string | null }[]} `file` is null where nothing was built
 */
export function stale(root = ROOT) {
  const folders = ['packages', 'apps'].flatMap((top) =>
    readdirSync(join(root, top)).map((name) => join(root, top, name)),
  );
  const packages = folders.map((folder) => ({
    folder,
    ...JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')),
  }));
  // The code of private packages is put inside the packages that use them.
  const inlined = new Map(
    packages.filter((each) => each.private).map(({ name, folder }) => [name, sources(folder)]),
  );
  const setUp = changed(stampOf(root));
  return packages.flatMap(({ name, folder, devDependencies = {} }) => {
    const built = changed(join(folder, 'dist', 'index.js'));
    if (built === 0) return [{ name, file: null }];
    const read = [
      ...sources(folder),
      ...Object.keys(devDependencies).flatMap((other) => inlined.get(other) ?? []),
    ];
    const file = read.find((path) => changed(path) > Math.max(built, setUp));
    return file ? [{ name, file: relative(root, file) }] : [];
  });
}

/** Before the tests of a project: those in process are told, those with processes refuse. */
export default function check(project) {
  const found = stale();
  if (found.length === 0) return;
  const lines = found.map(({ name, file }) => `  ${name}: ${file ? `${file} is newer` : 'not built'}`);
  const message = `These packages must be built again, since child processes run what is built:\n${lines.join('\n')}\nRun \`npm run setup\`.`;
  if (project.name === 'process' || project.name === 'chaos') throw new Error(message);
  console.warn(message);
}
