import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';

/** A source file: its path from the root, with `/`, and its text. */
export interface SourceFile {
  path: string;
  text: string;
}

/** Private packages, which are bundled into their importers. */
const PRIVATE: readonly string[] = ['options'];

/** The workspace packages that each package may import. */
export const ARROWS: Readonly<Record<string, readonly string[]>> = {
  options: [],
  schema: [],
  durable: [],
  process: ['options'],
  trigger: ['options'],
  cluster: ['options'],
  'pt-serializer': ['options'],
  'file-lock': ['durable', 'options'],
  fasta: ['durable', 'options'],
  'model-hub': ['file-lock', 'durable', 'options'],
  'model-zoo': ['pt-serializer', 'file-lock', 'durable', 'options', 'schema'],
  'gpu-runtime': ['model-zoo', 'pt-serializer', 'options', 'schema'],
  manifest: ['durable', 'file-lock', 'options', 'schema'],
  coordinator: ['process', 'options'],
  checkpoint: ['pt-serializer', 'durable', 'options'],
  'pt-inspect': ['pt-serializer', 'durable', 'options'],
  plan: ['fasta', 'gpu-runtime', 'pt-serializer', 'durable', 'options', 'schema'],
  preflight: ['gpu-runtime', 'file-lock', 'process', 'durable', 'options'],
  models: ['preflight', 'gpu-runtime', 'model-zoo', 'model-hub', 'file-lock', 'durable', 'options'],
  'run-folder': [
    'plan',
    'fasta',
    'checkpoint',
    'manifest',
    'coordinator',
    'gpu-runtime',
    'file-lock',
    'pt-serializer',
    'process',
    'durable',
    'options',
    'schema',
  ],
  result: ['run-folder', 'pt-serializer', 'durable', 'options'],
  export: ['result', 'run-folder', 'pt-serializer', 'durable', 'options'],
  neighbours: ['gpu-runtime', 'options'],
  projection: ['options'],
  status: ['run-folder', 'manifest', 'file-lock', 'durable', 'options'],
  plot: ['projection', 'result', 'run-folder', 'status', 'options'],
  dashboard: ['projection', 'result', 'status', 'run-folder', 'durable', 'options'],
  // The page of the dashboard, `apps/dashboard`: it takes types only.
  'dashboard-page': ['dashboard', 'status'],
  verify: ['result', 'run-folder', 'plan', 'checkpoint', 'manifest', 'file-lock', 'durable', 'options'],
  runner: [
    'export',
    'plot',
    'dashboard',
    'dashboard-page',
    'projection',
    'result',
    'neighbours',
    'status',
    'verify',
    'run-folder',
    'preflight',
    'models',
    'model-hub',
    'plan',
    'fasta',
    'pt-inspect',
    'pt-serializer',
    'trigger',
    'manifest',
    'cluster',
    'coordinator',
    'checkpoint',
    'gpu-runtime',
    'file-lock',
    'process',
    'durable',
    'options',
    'schema',
  ],
};

/** What every part of the runner may import: errors, events, options, the version, and the wait for a full disk. */
const SHARED = [
  'embed-options',
  'submit-options',
  'errors',
  'events',
  'exit-codes',
  'version',
  'full-disk',
] as const;

/** Extra entries: modules that must be loaded first, or run on their own. */
const ENTRIES: readonly string[] = ['@holdfast/process/early-signals', '@holdfast/run-folder/glance'];

/** The rooms of the runner (folders, and files beside them) that each room may import. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  index: ['embed', ...SHARED],
  cli: ['cluster', 'command', 'embed', 'plot', 'search', ...SHARED],
  'status-cli': ['command', ...SHARED],
  command: SHARED,
  embed: ['dry-run', 'embed-and-join', 'result', 'run', ...SHARED],
  search: ['embed', ...SHARED],
  plot: SHARED,
  'dry-run': ['result', 'run', ...SHARED],
  cluster: ['coordinate', 'embed', 'run', ...SHARED],
  'embed-and-join': ['coordinate', 'result', 'run', ...SHARED],
  result: ['run', ...SHARED],
  coordinate: SHARED,
  run: SHARED,
  work: ['coordinate', ...SHARED],
  'embed-options': ['errors', 'events'],
  'submit-options': ['embed-options'],
  errors: ['exit-codes'],
  events: [],
  'exit-codes': [],
  'full-disk': ['events'],
};

/** Every import that violates the design, as "file: reason". */
export function violations(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    const owner = packageOf(path);
    if (owner === null) return [];
    return specifiers(text).flatMap((specifier) => {
      const wrong = specifier.startsWith('.') ? leaving(path, specifier) : importing(path, owner, specifier);
      return wrong === null ? [] : [`${path}: ${wrong}`];
    });
  });
}

/** Circles of files within a package, as the files in the order in which they import each other. Tests import what they like. */
export function circles(files: readonly SourceFile[]): string[] {
  const sources = files.filter(({ path }) => !/\.test\.ts$/.test(path));
  const graph = new Map(sources.map(({ path, text }) => [path, neighbours(path, text)]));
  const found: string[] = [];
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (path: string): void => {
    const at = way.indexOf(path);
    if (at >= 0) found.push([...way.slice(at), path].join(' → '));
    if (at >= 0 || done.has(path)) return;
    way.push(path);
    for (const next of graph.get(path) ?? []) visit(next);
    way.pop();
    done.add(path);
  };
  for (const path of graph.keys()) visit(path);
  return found;
}

/** Imports between rooms of the runner that violate the design. */
export function roomViolations(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    const room = roomOf(path);
    if (room === null || /\.test\.ts$/.test(path)) return [];
    return neighbours(path, text).flatMap((target) => {
      const other = roomOf(target);
      if (other === null || other === room) return [];
      if (ROOMS[room] === undefined) return [`${path}: ${room} is no room of the runner`];
      return ROOMS[room].includes(other) ? [] : [`${path}: ${room} may not import ${other}`];
    });
  });
}

/** Barrels: files that only re-export. A package has one, its `src/index.ts`. */
export function barrels(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => !/^(?:packages|apps)\/[^/]+\/src\/(?:testing\/)?index\.ts$/.test(path))
    .filter(({ path, text }) => {
      const { statements } = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
      return (
        statements.length > 0 &&
        statements.every((each) => ts.isExportDeclaration(each) && each.moduleSpecifier)
      );
    })
    .map(({ path }) => path);
}

/** Files of its own package that a file names. */
function neighbours(path: string, text: string): string[] {
  return specifiers(text)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => normalize(join(dirname(path), specifier)).replace(/\.js$/, '.ts'));
}

/** The room of a runner source: its folder, or its file name without extension. */
function roomOf(path: string): string | null {
  return /^apps\/runner\/src\/([^/]+?)(?:\/|\.ts$)/.exec(path)?.[1] ?? null;
}

/** Dependencies in a package.json that violate the design. */
export function manifestViolations(path: string, json: string): string[] {
  const owner = packageOf(path);
  if (owner === null) return [];
  const { dependencies = {}, devDependencies = {} } = JSON.parse(json) as Record<
    string,
    Record<string, string>
  >;
  const wrong = (names: string[], allowed: readonly string[]) =>
    names
      .filter((name) => name.startsWith('@holdfast/') && name !== '@holdfast/config')
      .map((name) => name.slice('@holdfast/'.length))
      .filter((name) => !allowed.includes(name))
      .map((name) => `${path}: ${owner} may not depend on ${name}`);
  const allowed = ARROWS[owner] ?? [];
  return [
    // A published package cannot depend on a private one.
    ...wrong(
      Object.keys(dependencies),
      allowed.filter((name) => !PRIVATE.includes(name)),
    ),
    ...wrong(Object.keys(devDependencies), allowed),
  ];
}

/** Every module a file names: import, export from, dynamic import, require. */
function specifiers(text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
}

function importing(path: string, owner: string, specifier: string): string | null {
  const match = /^@holdfast\/([^/]+)(\/.*)?$/.exec(specifier);
  if (match === null) return null;
  const [, name = '', inner] = match;
  if (name === 'config') return null;
  if (name === owner) return `imports its own package by name, ${specifier}`;
  if (!ARROWS[owner]?.includes(name)) return `${owner} may not import ${name}`;
  const testing = inner === '/testing' && /\.test\.ts$/.test(path);
  return inner === undefined || testing || ENTRIES.includes(specifier)
    ? null
    : `reaches into another package, ${specifier}`;
}

function leaving(path: string, specifier: string): string | null {
  const target = normalize(join(dirname(path), specifier));
  return packageOf(`${target}/`) === packageOf(path) ? null : `leaves its package, ${specifier}`;
}

/** The package that a file is in, by the name that its imports have. */
export function packageOf(path: string): string | null {
  const [, top, name] = /^(packages|apps)\/([^/]+)\//.exec(path) ?? [];
  // A folder of this name is in both.
  return top === 'apps' && name === 'dashboard' ? 'dashboard-page' : (name ?? null);
}
