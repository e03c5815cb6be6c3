import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { ModelError } from './model-error.js';

/** Reads a text file of a model folder. @throws ModelError `model_file_missing`, or what the disk says. */
export async function readModelText(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Reads a JSON file and holds it to a schema. @throws ModelError `model_file_missing` or `model_bad_json`. */
export async function readModelJson<T>(folder: string, name: string, schema: z.ZodType<T>): Promise<T> {
  const path = join(folder, name);
  let value: unknown;
  try {
    value = JSON.parse(await readModelText(folder, name));
  } catch (error) {
    if (error instanceof ModelError) throw error;
    throw new ModelError('model_bad_json', path, 'is not JSON', `mend or replace it (${String(error)})`, {
      cause: error,
    });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(
    ({ path: at, message }) => `${at.join('.') || 'the whole'}: ${message}`,
  );
  throw new ModelError(
    'model_bad_json',
    path,
    `does not describe a model (${issues.join('; ')})`,
    'mend it',
    {
      cause: parsed.error,
    },
  );
}

/** The error for a file that could not be read: missing, or named as the disk names its trouble. */
export function unreadable(path: string, error: unknown): ModelError {
  const code = (error as NodeJS.ErrnoException).code;
  const missing = code === 'ENOENT' || code === 'ENOTDIR';
  return new ModelError(
    'model_file_missing',
    path,
    missing ? 'is missing' : `cannot be read (${code ?? String(error)})`,
    missing ? 'copy the whole model folder' : 'see to it that this user may read it',
    { cause: error },
  );
}
