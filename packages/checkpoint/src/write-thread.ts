import { parentPort } from 'node:worker_threads';
import type { AnswerMessage, JobMessage } from './job.js';
import { writeCheckpoint } from './write.js';

// The thread of a writer: encodes, takes checksums and writes, so that the event loop of the caller does none of it.
parentPort?.on('message', async ({ id, path, rows, sequenceIds, metadata, storage }: JobMessage) => {
  let answer: AnswerMessage;
  try {
    const ids = JSON.parse(sequenceIds) as string[];
    answer = { id, written: await writeCheckpoint(path, rows, ids, metadata, { storage }) };
  } catch (caught) {
    const { name, message, stack, code } = caught as NodeJS.ErrnoException;
    answer = { id, error: { name, message, stack, code } };
  }
  parentPort?.postMessage(answer);
});
