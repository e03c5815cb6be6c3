import './early-signals.js';
import { pathToFileURL } from 'node:url';

// How workers and helpers start: `node start.js SCRIPT ARGUMENT`. The script, with all that it imports, is loaded only once
// signals are listened to. It finds its argument where it would be without this file.
// The first sign of life: a system without room for Node.js's threads has it wait for ever before this line.
const stage = 'loading its packages';
if (process.send) process.send({ type: 'heartbeat', stage });
else process.stdout.write(`${JSON.stringify({ stage })}\n`);
process.argv.splice(1, 1);
await import(pathToFileURL(process.argv[1]!).href);
