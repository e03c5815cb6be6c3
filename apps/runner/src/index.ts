export { embed } from './embed.js';
export type { EmbedOptions, StopSwitch } from './embed-options.js';
export { ExitCode, RunFailedError, StoppedError, UsageError } from './errors.js';
export type { RunEvent, Tell } from './events.js';
export { InputError } from './input/index.js';
export { PreflightError } from './preflight-error.js';
export { BusyError, RunFolderError } from './run-folder-error.js';
