import { parentPort, workerData } from 'node:worker_threads';
import { type SubwordRules, Subwords } from '../subwords.js';
import { joined, parted } from './joined-arrays.js';
import type { TokenAnswer, TokenJob } from './token-job.js';

// The tokenizer thread: it makes tokens while the device computes on the caller's thread.
const subwords = new Subwords(workerData as SubwordRules);
parentPort?.on('message', (job: TokenJob) => {
  const answer = answerTo(job);
  parentPort?.postMessage(answer, 'error' in answer ? [] : [answer.all.buffer, answer.ends.buffer]);
});

function answerTo({ id, ...sequences }: TokenJob): TokenAnswer {
  try {
    const { tokens, truncated } = subwords.encode(parted(sequences));
    return { id, truncated, ...joined(tokens, (length) => new Int32Array(length)) };
  } catch (caught) {
    const { name, message, stack } = caught as Error;
    return { id, error: { name, message, stack } };
  }
}
