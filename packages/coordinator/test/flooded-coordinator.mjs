import { fileURLToPath } from 'node:url';
import { Coordinator, forkWorkers } from '../dist/index.js';

// A coordinator whose worker prints 100 MB; sends the outcome and by how many bytes its memory grew.
let last;
let lines = 0;
const before = process.resourceUsage().maxRSS;
const coordinator = new Coordinator({
  slots: 1,
  shards: [0],
  spawn: forkWorkers({
    modulePath: fileURLToPath(new URL('./stubborn-worker.mjs', import.meta.url)),
    args: ['floods'],
  }),
  onEvent(event) {
    if (event.type !== 'output') return;
    lines++;
    last = event.line;
  },
});
const outcome = await coordinator.run();
process.send({ outcome, last, lines, grown: (process.resourceUsage().maxRSS - before) * 1024 });
process.disconnect();
