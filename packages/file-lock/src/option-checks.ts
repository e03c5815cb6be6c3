import { atLeast, flag, object, required, signal, words } from '@holdfast/options';
import type { FileLockOptions } from './file-lock.js';

export const fileLockOptions = object<FileLockOptions>({
  shared: flag,
  timeoutMs: atLeast(0, 'milliseconds'),
  signal,
});

export const isPath = required(words);
