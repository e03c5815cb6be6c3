import module from 'node:module';
import { join } from 'node:path';
import { cacheFolder } from '@holdfast/options';

/** Node.js 22.1 and later. */
type WithCompileCache = typeof module & { enableCompileCache?(folder: string): unknown };

/**
 * Has Node.js keep the code that it compiles in Holdfast's cache, so the next process starts sooner. Node.js checks what it
 * kept, and passes over a folder that it cannot write to.
 */
export function keepCompiledCode(): void {
  const folder = cacheFolder();
  if (folder !== null) (module as WithCompileCache).enableCompileCache?.(join(folder, 'compiled'));
}
