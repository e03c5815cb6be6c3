import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';

/** A source file: its path from the root, with `/`, and its text. */
export interface SourceFile {
  path: string;
  text: string;
}

/** Private packages, which are bundled into their importers. */
const PRIVATE: readonly string[] = ['durable', 'options'];

/** Which packages of ours each may import. */
export const ARROWS: Readonly<Record<string, readonly string[]>> = {
  durable: [],
  options: [],
  trigger: ['options'],
  'pt-serializer': ['options'],
  manifest: ['durable', 'options'],
  'gpu-runtime': ['options'],
  coordinator: ['options'],
  checkpoint: ['pt-serializer', 'durable', 'options'],
  runner: [
    'trigger',
    'pt-serializer',
    'manifest',
    'gpu-runtime',
    'coordinator',
    'checkpoint',
    'durable',
    'options',
  ],
};

/** Every import that does not run as the design has it, as "file: what is wrong". */
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

/** Dependencies in a package's package.json that do not run as the design has it. */
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
    // What is private cannot be a dependency of what is published.
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
  return inner === undefined || testing ? null : `reaches into another package, ${specifier}`;
}

function leaving(path: string, specifier: string): string | null {
  const target = normalize(join(dirname(path), specifier));
  return packageOf(`${target}/`) === packageOf(path) ? null : `leaves its package, ${specifier}`;
}

function packageOf(path: string): string | null {
  return /^(?:packages|apps)\/([^/]+)\//.exec(path)?.[1] ?? null;
}
