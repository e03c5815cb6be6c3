import { stat } from 'node:fs/promises';
import { inWords, systemErrorIn, systemTrouble } from '@holdfast/durable';
import { sanitize } from '@holdfast/options';
import { openPt, PtFormatError } from '@holdfast/pt-serializer';
import { jsonError, jsonLine } from './json.js';
import { tableOf } from './table.js';

/** Options of `holdfast inspect`. */
export interface InspectOptions {
  files: readonly string[];
  /** One JSON object a file instead of a table. */
  json: boolean;
  /** Values shown of each tensor and list. */
  head: number;
}

/** Outputs for the listing and for errors. */
export interface InspectOutput {
  write(text: string): void;
  error(text: string): void;
}

/** `read`: all were; `unread`: one could not be, which may pass; `bad`: one is missing or not a `.pt` file. */
export type Inspected = 'read' | 'unread' | 'bad';

/** Characters of one write. */
const PART = 1 << 16;

/**
 * Shows what `.pt` files hold, executing nothing of them.
 *
 * @returns how it went with the worst of them; the others are shown all the same.
 */
export async function inspect(
  { files, json, head }: InspectOptions,
  output: InspectOutput,
): Promise<Inspected> {
  let found: Inspected = 'read';
  for (const [i, path] of files.entries()) {
    try {
      const name = json || files.length === 1 ? '' : `${i > 0 ? '\n' : ''}${sanitize(path)}\n`;
      if (!(await list(path, json, head, name, output))) found = 'bad';
    } catch (error) {
      // A passing trouble says nothing about the file; a bad one stays bad.
      if (!systemTrouble(systemErrorIn(error))?.passing) found = 'bad';
      else if (found === 'read') found = 'unread';
      if (json) output.write(jsonError(path, error as Error));
      else output.error(reason(path, error as Error));
    }
  }
  return found;
}

/**
 * Lists one file after its name; returns whether that went well. A function of its own: what esbuild makes of `await using`
 * in a loop throws the error of one turn in the next.
 */
async function list(
  path: string,
  json: boolean,
  head: number,
  name: string,
  output: InspectOutput,
): Promise<boolean> {
  // All checksums are compared before digests are taken; a table reads at most some rows.
  await using file = await openPt(path, {
    exact: true,
    unknown: 'opaque',
    checksums: json ? 'never' : 'whole',
  });
  if (!json && file.unknownNames.length > 0) output.error(namesOf(path, file.unknownNames));
  const pieces = json ? jsonLine(path, file, (await stat(path)).size) : tableOf(file.value, head);
  let pending = name;
  for (;;) {
    const { done, value } = await pieces.next();
    if (!done) pending += value;
    if (done || pending.length > PART) {
      output.write(pending);
      pending = '';
    }
    if (done) return value ?? true;
  }
}

/** Most names that a warning shows. */
const MOST_NAMES = 8;

function namesOf(path: string, names: readonly string[]): string {
  const some = names.slice(0, MOST_NAMES).join(', ');
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
  return `${path}: names ${some}${more}, which are not plain data; loading the file with Python may run code, but nothing was run here`;
}

function reason(path: string, error: Error): string {
  if (error instanceof PtFormatError) return error.at({ path }).message;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return `${path}: no such file`;
  const trouble = systemTrouble(systemErrorIn(error));
  if (trouble !== null) return `${path}: cannot be read (${inWords(trouble)}); ${trouble.remedy.read}`;
  return `${path}: ${error.message}`;
}
