import { InputError, type InputErrorCode } from './input-error.js';

const KNOWN: Readonly<Record<string, readonly [InputErrorCode, string]>> = {
  ENOENT: ['not_found', 'no such file; check the path'],
  ENOTDIR: ['not_found', 'no such file: a part of the path is not a folder; check the path'],
  EISDIR: ['is_directory', 'this is a folder; name the FASTA files in it'],
  EACCES: ['not_readable', 'permission denied; make it readable to this user'],
  EPERM: ['not_readable', 'permission denied; make it readable to this user'],
};

/** Turns what opening or reading an input threw into an {@link InputError} that names the input. */
export function asInputError(file: string, error: unknown): InputError {
  if (error instanceof InputError) return error;
  const { code = '', message = String(error) } = error as NodeJS.ErrnoException;
  const [kind, problem] = KNOWN[code] ?? [
    'read_failed',
    `reading failed (${message}); check the disk and run again`,
  ];
  return new InputError(kind, { file }, problem, { cause: error });
}
