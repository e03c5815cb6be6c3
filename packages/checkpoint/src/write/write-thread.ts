import { parentPort } from 'node:worker_threads';
import { fencedFileSystem } from '@holdfast/durable';
import type { AnswerMessage, JobMessage } from './job.js';
import { writeCheckpoint } from './write.js';

// The thread of a writer: encodes, computes checksums and writes, to keep the caller's event loop free.
let before = Promise.resolve();
parentPort?.on('message', (job: JobMessage) => {
  before = before.then(async () => parentPort?.postMessage(await answerTo(job)));
});

async function answerTo({
  id,
  path,
  rows,
  sequenceIds,
  metadata,
  storage,
  fence,
}: JobMessage): Promise<AnswerMessage> {
  try {
    const ids = JSON.parse(sequenceIds) as string[];
    const fs = fence === undefined ? {} : { fs: fencedFileSystem(fence) };
    return { id, written: await writeCheckpoint(path, rows, ids, metadata, { storage, ...fs }) };
  } catch (caught) {
    const { name, message, stack, code } = caught as NodeJS.ErrnoException;
    return { id, error: { name, message, stack, code } };
  }
}
