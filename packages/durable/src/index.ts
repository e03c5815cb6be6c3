export {
  isThere,
  makeDirectoryDurably,
  removeDurably,
  renameDurably,
  syncDirectory,
  type WriteDurablyOptions,
  writeFileDurably,
} from './durable.js';
export type { DurableFile, DurableFileSystem, DurableOptions } from './file-system.js';
export { nodeFileSystem, syncsDirectories } from './file-system.js';
export { atPath, nameSystemErrors, systemErrorCode } from './system-error.js';
