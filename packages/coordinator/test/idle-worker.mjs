import { workerChannel } from '../dist/index.js';

// A worker that closes its channel and has nothing left to do.
workerChannel(process);
process.disconnect();
