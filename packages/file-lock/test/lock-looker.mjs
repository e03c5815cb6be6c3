// Looks at a lock again and again until it is killed; reports once it has begun.
import { lookAtLock } from '../dist/index.js';

const [path] = process.argv.slice(2);
await lookAtLock(path);
process.send('looking');
for (;;) {
  for (let i = 0; i < 1000; i++) await lookAtLock(path);
  await new Promise((resolve) => setImmediate(resolve));
}
