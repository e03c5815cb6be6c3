export {
  makeDirectoryDurably,
  removeDurably,
  renameDurably,
  syncDirectory,
  type WriteDurablyOptions,
  writeFileDurably,
} from './durable.js';
export type { DurableFile, DurableFileSystem, DurableOptions } from './file-system.js';
export { nodeFileSystem } from './file-system.js';
