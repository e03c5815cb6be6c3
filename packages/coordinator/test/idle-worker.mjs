import { workerChannel } from '../dist/index.js';

// A worker that hangs up and has nothing left to do.
workerChannel(process);
process.disconnect();
