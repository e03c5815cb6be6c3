/** Memory that workers may take together, as a share of the machine's. */
const SHARE = 0.8;
/** Bytes that a worker needs beside its own copy of the weights. */
const BESIDE = 500 * 1024 * 1024;

/**
 * How many workers a machine's memory has room for; at least one. It depends on the size of the memory, not on what is free
 * now, so that the same machine always gives the same threads to each worker.
 *
 * @param memory bytes of the machine, or of this process's control group.
 * @param weightBytes bytes of the model.
 */
export function workersThatFit(memory: number, weightBytes: number): number {
  return Math.max(1, Math.floor((memory * SHARE) / workerBytes(weightBytes)));
}

/** Bytes of memory to reckon with for a worker. @param weightBytes bytes of the model. */
export const workerBytes = (weightBytes: number): number => weightBytes + BESIDE;
