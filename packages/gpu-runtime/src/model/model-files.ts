import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type * as z from '@holdfast/schema';
import { ModelError } from '../model-error.js';
import { downloadAgain } from './download-again.js';
import { refuseStandIn } from './stand-in.js';

/**
 * Reads a UTF-8 text file of a model folder. Skips a byte-order mark, which some editors write.
 *
 * @throws ModelError `model_file_missing` if it cannot be read; `model_bad_json` if it is not UTF-8.
 */
export async function readModelText(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw unreadable(path, error);
  }
  refuseStandIn(path, bytes, 'model_bad_json');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ModelError('model_bad_json', path, 'is not text in UTF-8', 'save it as UTF-8', { cause });
  }
}

/** Reads a JSON file and validates it. @throws ModelError `model_file_missing` or `model_bad_json`. */
export async function readModelJson<T>(folder: string, name: string, schema: z.ZodType<T>): Promise<T> {
  const path = join(folder, name);
  let value: unknown;
  try {
    value = JSON.parse(await readModelText(folder, name));
  } catch (error) {
    if (error instanceof ModelError) throw error;
    throw new ModelError('model_bad_json', path, 'is not JSON', `fix or replace it (${String(error)})`, {
      cause: error,
    });
  }
  if (nestsDeeper(value, MOST_NESTED)) {
    const what = `is nested more deeply than ${MOST_NESTED} levels`;
    throw new ModelError('model_bad_json', path, what, downloadAgain(path, 'download it again'));
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(
    ({ path: at, message }) => `${at.join('.') || 'the whole file'}: ${message}`,
  );
  throw new ModelError('model_bad_json', path, `does not describe a model (${issues.join('; ')})`, 'fix it', {
    cause: parsed.error,
  });
}

/** No file of a model nests that deeply; what is done with a value later may use the stack. */
const MOST_NESTED = 200;

/** Level by level, since the stack may be too small. */
function nestsDeeper(value: unknown, most: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > most) return true;
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  }
  return false;
}

/** Whether a file-system error means that nothing has this name. */
export function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** The error for a missing file. */
export function missing(path: string): ModelError {
  return unreadable(path, Object.assign(new Error('no such file'), { code: 'ENOENT' }));
}

/**
 * The error for a file that could not be read: missing, not a regular file, or with the system's error text.
 */
export function unreadable(path: string, error: unknown): ModelError {
  const [what, remedy] = trouble(path, error);
  return new ModelError('model_file_missing', path, what, remedy, { cause: error });
}

/** What lists a model's tokens; either will do for most models. */
const TOKENS = new Set(['vocab.txt', 'tokenizer.json']);

function trouble(path: string, error: unknown): [what: string, remedy: string] {
  if (isMissing(error) && TOKENS.has(basename(path)))
    return [
      "is missing, so the model's tokens are not known",
      'copy the tokenizer (vocab.txt or tokenizer.json) from where the model comes from; in Python, tokenizer.save_pretrained(DIR) writes it',
    ];
  if (isMissing(error)) return ['is missing', 'copy the whole model folder'];
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EISDIR') return ['is a folder, not a file', "put the model's file there"];
  if (code === 'EFTYPE') return ['is not a regular file', "put the model's file there"];
  if (code === 'EACCES' || code === 'EPERM')
    return [`cannot be read (${code})`, 'let this user read it (chmod, chown)'];
  if (code === 'ELOOP') return ['cannot be read (ELOOP)', 'remove the loop of symbolic links'];
  const errorText = error instanceof Error ? error.message : String(error);
  return [`cannot be read (${errorText})`, 'check the disk or the network mount, then retry'];
}
