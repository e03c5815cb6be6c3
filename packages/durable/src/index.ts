export {
  isThere,
  makeDirectoryDurably,
  removeDurably,
  renameDurably,
  syncDirectory,
  type WriteDurablyOptions,
  writeFileDurably,
} from './durable.js';
export { FencedError, fencedFileSystem } from './fenced-file-system.js';
export {
  type DurableFile,
  type DurableFileSystem,
  type DurableOptions,
  nodeFileSystem,
  syncsDirectories,
} from './file-system.js';
export { hasBytes } from './has-bytes.js';
export { isSurelyThere, mayBeThere } from './may-be-there.js';
export { readAt } from './read-at.js';
export { sha256File } from './sha256-file.js';
export { atPath, nameSystemErrors, systemErrorCode } from './system-error.js';
export {
  inWords,
  NO_FOLDER_SYNC,
  type SystemTrouble,
  systemErrorIn,
  systemTrouble,
  troubleIn,
  type Use,
} from './system-trouble.js';
