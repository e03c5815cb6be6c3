import { inWords, systemTrouble } from '@holdfast/durable';
import { InputError, type InputErrorCode } from '../input-error.js';

const KNOWN: Readonly<Record<string, readonly [InputErrorCode, string]>> = {
  ENOENT: ['not_found', 'no such file; check the path'],
  ENOTDIR: ['not_found', 'no such file: a part of the path is not a folder; check the path'],
  EISDIR: ['is_directory', 'this is a folder; name the FASTA files in it'],
  EACCES: ['not_readable', 'permission denied; let this user read it (chmod, chown)'],
  EPERM: ['not_readable', 'permission denied; let this user read it (chmod, chown)'],
};

/** Turns an error from opening or reading an input into an {@link InputError} that names the input. */
export function asInputError(file: string, error: unknown): InputError {
  if (error instanceof InputError) return error;
  const trouble = systemTrouble(error);
  const [kind, problem] = KNOWN[trouble?.code ?? ''] ?? ['read_failed', failed(error)];
  return new InputError(kind, { file }, problem, { cause: error });
}

/** A transient fault has no remedy here: the runner, which knows the run, reports how to resume. */
function failed(error: unknown): string {
  const trouble = systemTrouble(error);
  if (trouble === null)
    return `reading failed (${String((error as Error)?.message ?? error)}); check the file`;
  return `reading failed (${inWords(trouble)})${trouble.passing ? '' : `; ${trouble.remedy.read}`}`;
}
