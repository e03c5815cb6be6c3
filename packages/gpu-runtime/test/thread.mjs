import { isMainThread, parentPort, SHARE_ENV, Worker } from 'node:worker_threads';

// Imports the package in a thread, and prints what came of it. First argument: `first` imports it in the main thread before;
// `shared` shares the environment.
if (isMainThread) {
  const how = process.argv[2];
  if (how === 'first') await import('../dist/index.js');
  const thread = new Worker(new URL(import.meta.url), how === 'shared' ? { env: SHARE_ENV } : {});
  thread.on('message', (message) => console.log(message));
} else {
  const message = await import('../dist/index.js').then(
    () => 'imported',
    (error) => error.message,
  );
  parentPort.postMessage(message);
}
