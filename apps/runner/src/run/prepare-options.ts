import { availableParallelism } from 'node:os';
import type { PrepareOptions } from './asked-run.js';
import { askedRun, type Request } from './request.js';
import { InputWait } from './waits.js';

/** Shards per worker in a new run: enough that no worker waits long for another's last shard. */
const SHARDS_OF_A_WORKER = 4;

/** How the run in the folder is found, or a new one planned. */
export function prepareOptions(request: Request): PrepareOptions {
  const { options, devices, report } = request;
  const input = new InputWait(options.inputs, report);
  return {
    ...askedRun(request),
    tryForNewRun: () => devices.tryForNewRun(),
    chooseBatchTokens: () => devices.batchTokens(),
    defaultShards: (options.workers ?? availableParallelism()) * SHARDS_OF_A_WORKER,
    forceRestart: options.forceRestart,
    whileReading: (work) => input.during(work),
    onProgress: input.progress,
  };
}
