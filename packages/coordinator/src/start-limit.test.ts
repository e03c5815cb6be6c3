import { expect, test } from 'vitest';
import { good, start } from './testing/fake-run.js';

test('a worker without any sign of life is stopped at the start limit, and the wait is reported', async () => {
  const run = start(
    (worker, message) => {
      if (message.type !== 'start') good(worker, message);
    },
    { shards: [0], stallMs: 600_000, startMs: 60_000, stallGraceMs: 0 },
  );
  await run.clock.drain();
  expect((await run.outcome).startupFailure).toBe('the worker made no progress for 60 s');
  expect(run.of('waiting').slice(0, 1)).toEqual([
    { type: 'waiting', slot: 0, shard: null, stage: null, silentMs: 10_000, limitMs: 60_000 },
  ]);
});

test('each reported stage restarts the stall limit, and the reason names it', async () => {
  const run = start(
    (worker, message) => {
      if (message.type !== 'start') return good(worker, message);
      worker.say({ type: 'heartbeat', stage: 'loading the model' });
    },
    { shards: [0], stallMs: 600_000, startMs: 60_000, stallGraceMs: 0 },
  );
  await run.clock.drain();
  expect((await run.outcome).startupFailure).toBe(
    'the worker made no progress for 600 s while loading the model',
  );
  const reported = run.of('waiting').map(({ silentMs, stage, limitMs }) => [silentMs / 1000, stage, limitMs]);
  expect(reported.slice(0, 3)).toEqual([
    [10, 'loading the model', 600_000],
    [70, 'loading the model', 600_000],
    [130, 'loading the model', 600_000],
  ]);
});

test('a worker that loads for long but makes progress is not stopped', async () => {
  const run = start(
    (worker, message) => {
      if (message.type !== 'start') return good(worker, message);
      worker.say({ type: 'heartbeat', stage: 'loading the model' });
      void run.clock.sleep(500_000, new AbortController().signal).then(() => worker.say({ type: 'ready' }));
    },
    { shards: [0], stallMs: 600_000, startMs: 60_000 },
  );
  await run.clock.drain();
  expect((await run.outcome).completed).toEqual([0]);
});

test('a long silence at a shard is reported before the limit, and not as that of a start', async () => {
  const run = start(
    (worker, message) => {
      if (message.type === 'start') worker.say({ type: 'heartbeat', stage: 'loading the model' });
      if (message.type === 'assign' && message.attempt === 1) return;
      good(worker, message);
    },
    { shards: [0], stallMs: 100_000 },
  );
  await run.clock.drain();
  expect((await run.outcome).completed).toEqual([0]);
  expect(run.of('waiting')).toMatchObject([
    { slot: 0, shard: 0, stage: null, silentMs: 50_000, limitMs: 100_000 },
  ]);
});
