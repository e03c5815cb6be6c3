export { type EmbedOptions, embed, type StopSwitch } from './embed.js';
export { BusyError, ExitCode, StoppedError, UsageError } from './errors.js';
export type { RunEvent, Tell } from './events.js';
export { InputError } from './input/index.js';
