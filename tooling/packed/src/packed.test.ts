import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';

// What is tested is what ships: each package is packed, installed with npm in an empty project with nothing else, its
// README's example is run there, and its types are resolved.

const root = fileURLToPath(new URL('../../..', import.meta.url));
const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  packageManager: string;
};

interface Package {
  name: string;
  folder: string;
  /** Names of our own packages it needs, all the way down. */
  needs: string[];
}

/** The types of Node that a consumer has beside the package. */
const types = JSON.parse(readFileSync(join(root, 'node_modules/@types/node/package.json'), 'utf8'))
  .version as string;

const manifest = (folder: string) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const all = new Map(
  ['packages', 'apps']
    .flatMap((top) => readdirSync(join(root, top)).map((name) => join(root, top, name)))
    .map((folder) => ({ folder, json: manifest(folder) }))
    .filter(({ json }) => !json.private)
    .map(({ folder, json }) => [json.name as string, { folder, json }]),
);
function needs(name: string): string[] {
  const direct = Object.keys(all.get(name)!.json.dependencies ?? {}).filter((other) => all.has(other));
  return [...new Set([...direct, ...direct.flatMap(needs)])];
}
const packages: Package[] = [...all].map(([name, { folder }]) => ({ name, folder, needs: needs(name) }));

let tarballs: string;
const tarballOf = (name: string) => join(tarballs, `${name.replace('@', '').replace('/', '-')}-0.1.0.tgz`);

beforeAll(() => {
  tarballs = mkdtempSync(join(tmpdir(), 'tarballs-'));
  for (const { name, folder } of packages) {
    if (!existsSync(join(folder, 'dist'))) throw new Error(`${name} is not built: run npm run setup`);
    npx(folder, '-y', packageManager, 'pack', '--pack-destination', tarballs);
    if (!existsSync(tarballOf(name))) throw new Error(`no ${tarballOf(name)} among ${readdirSync(tarballs)}`);
  }
});

function npx(cwd: string, ...args: string[]): string {
  return execFileSync('npx', args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, npm_config_loglevel: 'error' },
  });
}

/** An empty project with one package and what it needs, from tarballs; other dependencies come from the registry. */
function install({ name, needs }: Package): string {
  const project = mkdtempSync(join(tmpdir(), 'project-'));
  const ours = Object.fromEntries([name, ...needs].map((each) => [each, `file:${tarballOf(each)}`]));
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({
      name: 'empty',
      private: true,
      type: 'module',
      dependencies: { [name]: ours[name], '@types/node': types },
      overrides: ours,
    }),
  );
  // Install scripts fetch binaries from elsewhere; what the packages need is in them.
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  execFileSync('npm', ['install', ...flags], { cwd: project, stdio: ['ignore', 'ignore', 'inherit'] });
  return project;
}

test.each(packages)('$name works as in its README when it is installed alone', (each) => {
  const project = install(each);
  const readme = readFileSync(join(project, 'node_modules', each.name, 'README.md'), 'utf8');
  const example = /```js\n([\s\S]*?)```/.exec(readme)?.[1];
  expect(example, 'the README has a js example').toBeDefined();
  writeFileSync(join(project, 'example.mjs'), example!);
  expect(execFileSync(process.execPath, ['example.mjs'], { cwd: project, encoding: 'utf8' })).not.toBe('');

  writeFileSync(
    join(project, 'consumer.ts'),
    `import * as it from '${each.name}';\nexport const names: string[] = Object.keys(it);\n`,
  );
  const typescript = join(root, 'node_modules/typescript/bin/tsc');
  const flags = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2022',
    '--lib',
    'es2023,esnext.disposable',
  ];
  try {
    execFileSync(process.execPath, [typescript, ...flags, '--types', 'node', 'consumer.ts'], {
      cwd: project,
      encoding: 'utf8',
    });
  } catch (error) {
    expect.unreachable((error as { stdout: string }).stdout);
  }
  if (each.name === '@holdfast/runner') {
    expect(npx(project, 'holdfast', '--help')).toContain('embed');
  }
});
