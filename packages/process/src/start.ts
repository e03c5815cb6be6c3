import './early-signals.js';
import { pathToFileURL } from 'node:url';
import { keepCompiledCode } from './compile-cache.js';

// How workers and helpers start: `node start.js SCRIPT ARGUMENT`. The script and its imports are loaded only once signals are
// handled. It finds its argument in the usual place.
// The first heartbeat: if the system cannot start Node.js's threads, it hangs before this line.
const stage = 'loading its packages';
if (process.send) process.send({ type: 'heartbeat', stage });
else process.stdout.write(`${JSON.stringify({ stage })}\n`);
keepCompiledCode();
process.argv.splice(1, 1);
await import(pathToFileURL(process.argv[1]!).href);
