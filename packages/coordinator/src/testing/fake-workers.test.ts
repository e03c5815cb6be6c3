import { expect, test } from 'vitest';
import type { WorkerListeners } from '../processes/worker-process.js';
import { FakeWorkers, type Script } from './index.js';

function one(script: Script) {
  const log: unknown[] = [];
  const listeners: WorkerListeners = {
    message: (message) => log.push(message.type),
    output: (_, line) => log.push(line),
    exit: (...args) => log.push(args),
  };
  const workers = new FakeWorkers(script);
  workers.spawn(0, 1, listeners);
  return { workers, worker: workers.all[0]!, log };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('what a worker does arrives later and in order, and nothing arrives after its exit', async () => {
  const { workers, log } = one((worker) => {
    worker.say({ type: 'ready' });
    worker.print('stdout', 'hello');
    worker.exit(3);
    worker.say({ type: 'ready' });
    worker.exit(4);
  });
  expect([log, workers.alive.length]).toEqual([[], 1]);
  await turn();
  expect([log, workers.alive.length]).toEqual([['ready', 'hello', [3, null]], 0]);
});

test('an exiting worker ignores messages', async () => {
  const seen: string[] = [];
  const { worker } = one((_, { type }) => seen.push(type));
  await turn();
  worker.send({ type: 'finish' });
  worker.kill('SIGKILL');
  await turn();
  expect([seen, worker.received]).toEqual([['start'], [{ type: 'finish' }]]);
});

test('signals end it, unless it heeds only SIGKILL', async () => {
  const { worker, log } = one(() => undefined);
  worker.heedsSignals = false;
  worker.kill('SIGTERM');
  await turn();
  expect(log).toEqual([]);
  worker.kill('SIGKILL');
  await turn();
  expect([log, worker.signals]).toEqual([[[null, 'SIGKILL']], ['SIGTERM', 'SIGKILL']]);
});
