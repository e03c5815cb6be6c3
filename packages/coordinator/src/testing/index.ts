export { FakeClock } from './fake-clock.js';
export { FakeWorker, FakeWorkers, type Script } from './fake-workers.js';
