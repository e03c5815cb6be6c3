// Loaded into workers by NODE_OPTIONS=--import: each batch takes SLOW_MS milliseconds more, in which no core is busy, and
// HEARD gets a line of JSON for each message about sequences: those that a shard had when it was resumed, and those of a batch.
import { appendFileSync } from 'node:fs';
import { basename } from 'node:path';
import { isMainThread } from 'node:worker_threads';

const { SLOW_MS, HEARD, SLURM_ARRAY_TASK_ID: task, SLURM_RESTART_COUNT = '0' } = process.env;
// A worker's script is loaded by another.
if (isMainThread && process.argv.slice(1, 3).some((path) => basename(path) === 'worker.js')) {
  const send = process.send.bind(process);
  const cell = new Int32Array(new SharedArrayBuffer(4));
  process.send = (message, ...rest) => {
    const { type, shard, sequences } = message;
    if (type === 'resumed' || type === 'progress') {
      const line = { type, shard, sequences, pid: process.pid, task, start: Number(SLURM_RESTART_COUNT) };
      appendFileSync(HEARD, `${JSON.stringify(line)}\n`);
      if (type === 'progress') Atomics.wait(cell, 0, 0, Number(SLOW_MS));
    }
    return send(message, ...rest);
  };
}
