// The whole command as one tarball that npm installs: our own packages are inside, all others come from the registry.
// node tooling/packed/src/bundle.mjs [--to DIR] [--tarballs DIR]
//   --to        where the tarball is written; default: the root of the repository
//   --tarballs  a folder with each package as `pnpm pack` writes it; default: they are packed now
// Prints the tarball's path. The packages must be built (`npm run setup`).
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const COMMAND = '@holdfast/runner';
const OURS = '@holdfast/';
const read = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

const { values } = parseArgs({ options: { to: { type: 'string' }, tarballs: { type: 'string' } } });
const staging = mkdtempSync(join(tmpdir(), 'holdfast-bundle-'));
try {
  const tarballs = values.tarballs ?? pack(join(staging, 'tarballs'));
  const place = join(staging, 'package');
  extract(COMMAND, tarballs, place);
  const inside = [];
  const outside = {};
  // The packages that it needs, all the way down.
  const waiting = [place];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for (const [name, range] of Object.entries(read(folder).dependencies ?? {})) {
      if (!name.startsWith(OURS)) {
        if ((outside[name] ?? range) !== range) throw new Error(`${name} is wanted in two versions`);
        outside[name] = range;
      } else if (!inside.includes(name)) {
        inside.push(name);
        const own = join(place, 'node_modules', name);
        extract(name, tarballs, own);
        waiting.push(own);
      }
    }
  }
  // npm takes for granted that what a bundled package needs is bundled too: so only the whole names what comes from elsewhere.
  for (const name of inside)
    write(join(place, 'node_modules', name), without(read(join(place, 'node_modules', name))));
  const manifest = without(read(place));
  const ours = Object.fromEntries(
    inside.sort().map((name) => [name, read(join(place, 'node_modules', name)).version]),
  );
  const dependencies = Object.fromEntries(Object.entries({ ...ours, ...outside }).sort());
  write(place, { ...manifest, dependencies, bundleDependencies: inside });
  const to = resolve(values.to ?? root);
  mkdirSync(to, { recursive: true });
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', to, '--loglevel=error'];
  const [{ filename }] = JSON.parse(execFileSync('npm', args, { cwd: place, encoding: 'utf8' }));
  console.log(join(to, filename));
} finally {
  rmSync(staging, { recursive: true, force: true });
}

function write(folder, manifest) {
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** A package's manifest without what it needs, to run or to be built. */
function without({ dependencies: _, devDependencies: __, scripts: ___, ...manifest }) {
  return manifest;
}

/** Packs every package that is published. @returns the folder of the tarballs. */
function pack(folder) {
  mkdirSync(folder);
  const published = ['packages', 'apps']
    .flatMap((top) => readdirSync(join(root, top)).map((name) => join(root, top, name)))
    .filter((each) => !read(each).private);
  for (const each of published)
    if (!existsSync(join(each, 'dist'))) throw new Error(`${each} is not built: run npm run setup`);
  const filters = published.map((each) => `--filter=${read(each).name}`);
  const args = ['-y', read(root).packageManager, ...filters, 'pack', '--pack-destination', folder];
  execFileSync('npx', args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  return folder;
}

/** Unpacks a package as it would be published. */
function extract(name, tarballs, folder) {
  const stem = `${name.replace('@', '').replace('/', '-')}-`;
  const found = readdirSync(tarballs).filter(
    (file) => file.startsWith(stem) && /^\d/.test(file.slice(stem.length)),
  );
  if (found.length !== 1) throw new Error(`${tarballs}: ${found.length} tarballs of ${name}`);
  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['-xzf', join(tarballs, found[0]), '-C', folder, '--strip-components=1']);
}
