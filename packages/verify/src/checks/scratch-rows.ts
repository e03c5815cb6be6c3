import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CopiedRows, type KeptRows, type SequenceIndex } from '@holdfast/plan';

/** Keeps the rows that copies need in a folder for temporary files, which is there only until this is disposed of. */
export async function scratchRows(index: SequenceIndex): Promise<KeptRows & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-verify-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  const rows = await CopiedRows.open(index, join(folder, 'rows')).catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  return {
    keep: (ordinal, row) => rows.keep(ordinal, row),
    settle: () => rows.settle(),
    read: (ordinal, row) => rows.read(ordinal, row),
    async [Symbol.asyncDispose]() {
      await rows[Symbol.asyncDispose]();
      await remove();
    },
  };
}
