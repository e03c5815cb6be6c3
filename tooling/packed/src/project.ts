import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../..', import.meta.url));
const read = (folder: string) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

export interface Package {
  name: string;
  folder: string;
  tarball: string;
  /** The sub-paths by which it is imported, such as `.` and `./testing`. */
  entries: string[];
  /** Those of them that CommonJS can require. */
  required: string[];
  /** The names of its commands. */
  commands: string[];
  /** Names of our own packages it needs, all the way down. */
  needs: string[];
}

const all = new Map(
  ['packages', 'apps']
    .flatMap((top) => readdirSync(join(root, top)).map((name) => join(root, top, name)))
    .map((folder) => ({ folder, json: read(folder) }))
    .filter(({ json }) => !json.private)
    .map((each) => [each.json.name as string, each]),
);
function needs(name: string): string[] {
  const direct = Object.keys(all.get(name)!.json.dependencies ?? {}).filter((other) => all.has(other));
  return [...new Set([...direct, ...direct.flatMap(needs)])];
}

/** Every package that is published. */
export const packages: Package[] = [...all].map(([name, { folder, json }]) => ({
  name,
  folder,
  tarball: `${name.replace('@', '').replace('/', '-')}-${json.version}.tgz`,
  // A script is exported to be run, and has no types.
  entries: Object.keys(json.exports).filter((path) => json.exports[path].types),
  required: Object.keys(json.exports).filter((path) => json.exports[path].require),
  commands: Object.keys(json.bin ?? {}),
  needs: needs(name),
}));

/** Packs every package as it would be published. Returns the folder of the tarballs. */
export function packAll(): string {
  const tarballs = mkdtempSync(join(tmpdir(), 'tarballs-'));
  const env = { ...process.env, npm_config_loglevel: 'error' };
  for (const { name, folder } of packages)
    if (!existsSync(join(folder, 'dist'))) throw new Error(`${name} is not built: run npm run setup`);
  execFileSync(process.execPath, [join(root, 'tooling/workspace/turbo.mjs'), 'declarations'], {
    cwd: root,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const filters = packages.map(({ name }) => `--filter=${name}`);
  const args = ['-y', read(root).packageManager, ...filters, 'pack', '--pack-destination', tarballs];
  execFileSync('npx', args, { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'] });
  for (const { tarball } of packages)
    if (!existsSync(join(tarballs, tarball))) throw new Error(`no ${tarball} in ${readdirSync(tarballs)}`);
  return tarballs;
}

/** An empty project with one package and what it needs, from tarballs; other dependencies come from the registry. */
export function install({ name, needs }: Package, tarballs: string): string {
  const project = mkdtempSync(join(tmpdir(), 'project-'));
  const file = (each: Package) => [each.name, `file:${join(tarballs, each.tarball)}`];
  const ours = Object.fromEntries(packages.filter((each) => [name, ...needs].includes(each.name)).map(file));
  const manifest = {
    private: true,
    type: 'module',
    // A consumer in TypeScript has the types of Node beside the package.
    dependencies: { [name]: ours[name], '@types/node': read(join(root, 'node_modules/@types/node')).version },
    overrides: ours,
  };
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest));
  // Install scripts fetch binaries from elsewhere; what the packages need is in them.
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  execFileSync('npm', ['install', ...flags], { cwd: project, stdio: ['ignore', 'ignore', 'inherit'] });
  return project;
}
