// Takes a lock, reports that, and holds it until it is killed.
import { FileLock } from '../dist/index.js';

const [path, mode] = process.argv.slice(2);
await FileLock.acquire(path, { shared: mode === 'shared', timeoutMs: 0 });
process.send('held');
setInterval(() => undefined, 1000);
