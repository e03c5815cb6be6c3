import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import { inWords, systemTrouble } from '@holdfast/durable';

/** A setting as it is given, before its option reads it. */
export type Given = string | number | boolean;

export interface SettingsFile {
  /** As a message names it. */
  path: string;
  values: ReadonlyMap<string, Given>;
}

/** The file cannot be used; the message names it, and says what to do. */
export class SettingsError extends Error {
  readonly code = 'settings';
  override readonly name = 'SettingsError';
}

const NAMES = ['holdfast.config.json', 'holdfast.config.yaml', 'holdfast.config.yml'] as const;

/**
 * Reads the file of settings, if there is one.
 *
 * @param asked its path; undefined: it is looked for in the folder by its name.
 * @param folder the working directory.
 * @throws SettingsError
 */
export function readSettings(asked: string | undefined, folder: string): SettingsFile | null {
  const path = asked ?? inFolder(folder);
  if (path === null) return null;
  const parse = PARSERS[extname(path)];
  if (parse === undefined)
    throw new SettingsError(`${path}: the name of a file of settings must end with .json, .yaml or .yml`);
  // The names are those of the working directory; only a test has another one.
  const text = textOf(path, asked === undefined ? join(folder, path) : path);
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    const [line] = (error as Error).message.split('\n');
    throw new SettingsError(`${path}: cannot be read as ${extname(path).slice(1)} (${line})`, {
      cause: error,
    });
  }
  return { path, values: flat(path, value ?? {}) };
}

/** The name of the settings file in the folder, or null. */
function inFolder(folder: string): string | null {
  const [first, second] = NAMES.filter((name) => existsSync(join(folder, name)));
  if (second !== undefined)
    throw new SettingsError(
      `${first} and ${second} are both in the working directory; remove one of them, or name one with --config`,
    );
  return first ?? null;
}

function textOf(path: string, place: string): string {
  try {
    return readFileSync(place, 'utf8').replace(/^\ufeff/, '');
  } catch (cause) {
    const trouble = systemTrouble(cause);
    if (trouble === null) throw cause;
    throw new SettingsError(`${path}: cannot be read (${inWords(trouble)}); ${trouble.remedy.read}`, {
      cause,
    });
  }
}

const PARSERS: Readonly<Record<string, (text: string) => unknown>> = {
  '.json': parseJson,
  '.yaml': parseYaml,
  '.yml': parseYaml,
};

function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  // JSON.parse keeps the last of two. In a flat object only a name is followed by a colon.
  const names = [...text.matchAll(/"(?:[^"\\]|\\.)*"(?=\s*:)/g)].map(([name]) => JSON.parse(name) as string);
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined) throw new Error(`${twice} is there twice`);
  return value;
}

/** The parser is loaded only for a file that needs it. */
function parseYaml(text: string): unknown {
  const { parse } = createRequire(import.meta.url)('yaml') as typeof import('yaml');
  return parse(text, { prettyErrors: false });
}

function flat(path: string, value: unknown): Map<string, Given> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SettingsError(
      `${path}: must hold names of options with their values, such as "model": "esm2-8m"`,
    );
  const found = new Map<string, Given>();
  for (const [name, each] of Object.entries(value)) {
    if (typeof each !== 'string' && typeof each !== 'number' && typeof each !== 'boolean')
      throw new SettingsError(`${path}: ${name} must be a text, a number, true or false`);
    found.set(name, each);
  }
  return found;
}
