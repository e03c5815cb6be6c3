import { InputError } from '../../input-error.js';

/** The compressed data ends early. */
export class TruncatedError extends Error {
  override readonly name = 'TruncatedError';
}

/** The error for compressed data that cannot be read. @param name of the compression. */
export function badCompression(file: string, name: string, error: unknown): InputError {
  if (error instanceof InputError) return error;
  const problem =
    error instanceof TruncatedError
      ? `the ${name} data is truncated; copy or download the file again`
      : `the ${name} data is damaged (${String((error as Error | null)?.message ?? error)}); copy or download it again`;
  return new InputError('bad_compression', { file }, problem, { cause: error });
}
