import { fileURLToPath } from 'node:url';
import { Coordinator, forkWorkers } from '../dist/index.js';

// A coordinator to kill: sends its worker's pid once the worker is busy with its shard.
let pid;
const coordinator = new Coordinator({
  slots: 1,
  shards: [0],
  spawn: forkWorkers({
    modulePath: fileURLToPath(new URL('./worker.mjs', import.meta.url)),
    args: ['saves', process.argv[2]],
  }),
  onEvent(event) {
    if (event.type === 'spawned') pid = event.pid;
    if (event.type === 'progress') process.send(pid);
  },
});
await coordinator.run();
