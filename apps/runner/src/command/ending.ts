import {
  inWords,
  nameSystemErrors,
  type SystemTrouble,
  systemErrorIn,
  systemTrouble,
  type Use,
} from '@holdfast/durable';
import { InputError } from '@holdfast/fasta';
import { LockUnsupportedError } from '@holdfast/file-lock';
import { CacheError, DeviceError, ModelError } from '@holdfast/gpu-runtime';
import { HubError } from '@holdfast/model-hub';
import { DiskSpaceError, PreflightError } from '@holdfast/preflight';
import { filesWanted, processesWanted } from '@holdfast/process';
import { BusyError, RunFolderError } from '@holdfast/run-folder';
import { ExitCode, RunFailedError, StoppedError, UsageError } from '../errors.js';
import type { Aftermath } from './aftermath.js';

/** How the command ends: its exit code, and one line for standard error. */
export interface Ending {
  code: number;
  message: string;
}

/**
 * How the command ends after an error: with {@link ExitCode.badInput} if the user must change the command or a file, and with
 * {@link ExitCode.unexpected} if the cause may pass or is fixed outside the command, even if it lies in an input or a model.
 */
export function endingOf(error: unknown, after: Aftermath): Ending {
  const { code, message } = rawEnding(error, after);
  return { code, message: nameSystemErrors(message) };
}

function rawEnding(error: unknown, { kept, again }: Aftermath): Ending {
  if (error instanceof StoppedError) {
    const code = error.signal === 'SIGINT' ? ExitCode.interrupted : ExitCode.terminated;
    return { code, message: `${error.message}; ${kept}${again}` };
  }
  if (error instanceof RunFailedError) return { code: error.exitCode, message: error.message };
  if (error instanceof DiskSpaceError)
    return { code: ExitCode.unexpected, message: `${error.message}; ${kept}${again}` };
  if (error instanceof BusyError) return { code: ExitCode.unexpected, message: error.message };
  if (error instanceof HubError || error instanceof CacheError)
    return { code: error.passing ? ExitCode.unexpected : ExitCode.badInput, message: error.message };
  const system = systemErrorIn(error);
  const trouble = systemTrouble(system);
  const use = useOf((system ?? {}) as NodeJS.ErrnoException);
  const { message } = error instanceof Error ? error : new Error(String(error));
  if (isRefusal(error)) {
    if (!trouble?.passing) return { code: ExitCode.badInput, message };
    return {
      code: ExitCode.unexpected,
      message: `${withoutRemedy(error, trouble)}; ${kept}${then(trouble, use)}${again}`,
    };
  }
  if (trouble === null) return { code: ExitCode.unexpected, message: `${message}; ${kept}${again}` };
  // Whether a missing file matters depends on who removed it; a rerun shows that.
  const final = !trouble.passing && trouble.code !== 'ENOENT';
  const remedy = final || trouble.passing ? then(trouble, use) : '';
  return {
    code: final ? ExitCode.badInput : ExitCode.unexpected,
    message: `${message}; ${kept}${remedy}${again}`,
  };
}

type Refusal =
  | UsageError
  | PreflightError
  | RunFolderError
  | InputError
  | ModelError
  | DeviceError
  | LockUnsupportedError;

const isRefusal = (error: unknown): error is Refusal =>
  [
    UsageError,
    PreflightError,
    RunFolderError,
    InputError,
    ModelError,
    DeviceError,
    LockUnsupportedError,
  ].some((kind) => error instanceof kind);

/** The remedy in a model's error is for files that stay unreadable. */
function withoutRemedy(error: Refusal, trouble: SystemTrouble): string {
  return error instanceof ModelError ? `${error.path}: cannot be read (${inWords(trouble)})` : error.message;
}

function then(trouble: SystemTrouble, use: Use): string {
  return `${wanted(trouble) ?? trouble.remedy[use]}, then `;
}

/** The remedy for a limit, with the number to set. */
function wanted({ code }: SystemTrouble): string | null {
  if (code === 'EMFILE') return filesWanted();
  if (code === 'EAGAIN') return processesWanted();
  return null;
}

const READS = new Set([
  'open',
  'read',
  'scandir',
  'opendir',
  'stat',
  'lstat',
  'fstat',
  'readlink',
  'realpath',
]);

const useOf = ({ syscall = '' }: NodeJS.ErrnoException): Use => (READS.has(syscall) ? 'read' : 'write');
