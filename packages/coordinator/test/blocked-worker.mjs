import { fileURLToPath } from 'node:url';
import { Coordinator, forkWorkers, workerChannel } from '../dist/index.js';

// A coordinator to kill. Its worker's main thread blocks forever; sends the worker's pid at that point.
if (process.argv[2] === 'worker') {
  const channel = workerChannel(process, { orphanGraceMs: 100 });
  await channel.send({ type: 'ready' });
  const { shard } = await channel.next();
  await channel.send({ type: 'progress', shard, sequences: 1 });
  for (;;);
}

let pid;
const coordinator = new Coordinator({
  slots: 1,
  shards: [0],
  spawn: forkWorkers({ modulePath: fileURLToPath(import.meta.url), args: ['worker'] }),
  onEvent(event) {
    if (event.type === 'spawned') pid = event.pid;
    if (event.type === 'progress') process.send(pid);
  },
});
await coordinator.run();
