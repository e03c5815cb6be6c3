import { join } from 'node:path';
import { sha256File } from '@holdfast/durable';
import { FILES } from './format.js';
import { damaged, unreadable } from './positional-file.js';
import type { SequenceIndex } from './sequence-index.js';

/**
 * Reads every byte of an index and checks it against the summary and the opened index.
 *
 * @throws IndexError that names the file: `index_damaged` or `index_unreadable`; the signal's reason.
 */
export async function verifyIndex(folder: string, index: SequenceIndex, signal: AbortSignal): Promise<void> {
  const expected = { ...index.summary.files, summary: index.digest };
  for (const [name, sha256] of Object.entries(expected)) {
    const path = join(folder, FILES[name as keyof typeof FILES]);
    const found = await sha256File(path, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      throw unreadable(path, error);
    });
    if (found !== sha256) throw damaged(path, 'its bytes are not those that were written');
  }
}
