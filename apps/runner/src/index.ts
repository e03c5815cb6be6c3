export { InputError } from '@holdfast/fasta';
export { PreflightError } from '@holdfast/preflight';
export { BusyError, RunFolderError } from '@holdfast/run-folder';
export { embed } from './embed.js';
export type { EmbedOptions, Stop } from './embed-options.js';
export { ExitCode, RunFailedError, StoppedError, UsageError } from './errors.js';
export type { Report, RunEvent } from './events.js';
