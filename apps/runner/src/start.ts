import './early-signals.js';
import { pathToFileURL } from 'node:url';

// How workers and helpers start: `node start.js SCRIPT ARGUMENT`. The script, with all that it imports, is loaded only once
// signals are listened to. It finds its argument where it would be without this file.
process.argv.splice(1, 1);
await import(pathToFileURL(process.argv[1]!).href);
