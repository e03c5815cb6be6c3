import { exitCodeOf, noDebugPort, STOP_SIGNALS, stopSignalOf } from '@holdfast/process';
import { expect, test } from 'vitest';
import { classifyError } from '../failures/classify-error.js';
import { good, start } from '../testing/fake-run.js';

test.each(STOP_SIGNALS)('%s that ends a worker, by its death or its exit code, is a preemption', (signal) => {
  for (const [exitcode, died] of [
    [null, signal],
    [exitCodeOf(signal), null],
  ] as const) {
    expect(stopSignalOf(exitcode, died)).toBe(signal);
    expect(classifyError({ exitcode, signal: died })).toBe('spot_preemption');
  }
});

test.each([
  [0, null],
  [1, null],
  [137, null],
  [139, null],
  [null, 'SIGKILL'],
  [null, 'SIGSEGV'],
  [null, null],
] as const)('exit code %s, signal %s, stopped nothing', (exitcode, signal) => {
  expect(stopSignalOf(exitcode, signal)).toBeNull();
});

test.each(['SIGUSR1', 'SIGUSR2', 'SIGXCPU', 'SIGQUIT', 'SIGHUP'] as const)(
  'a worker that %s ends before it is ready is replaced soon, and is not a start-up failure',
  async (signal) => {
    let started = 0;
    const run = start(
      (worker, message) => {
        if (message.type === 'start' && ++started <= 3) return worker.exit(null, signal);
        good(worker, message);
      },
      { shards: [0] },
    );
    await run.clock.drain();
    expect((await run.outcome).completed).toEqual([0]);
    expect(run.clock.now()).toBeLessThan(5000);
    expect(run.of('failed').map(({ message }) => message)).toEqual(
      Array(3).fill(`the worker was stopped by ${signal} without a shard`),
    );
  },
);

test('a worker with a shard that a warning stops is preempted: the shard has not failed', async () => {
  const run = start(
    (worker, message) => {
      if (message.type === 'assign' && message.attempt < 9) return worker.exit(exitCodeOf('SIGUSR1'));
      good(worker, message);
    },
    { shards: [0], slots: 2 },
  );
  await run.clock.drain();
  expect(await run.outcome).toMatchObject({ completed: [0], failed: [] });
  expect(new Set(run.of('failed').map(({ kind }) => kind))).toEqual(new Set(['spot_preemption']));
});

test('a run stopped by a warning signal names it', async () => {
  const run = start(good, { shards: [0] });
  run.coordinator.stop('SIGUSR1');
  await run.clock.drain();
  expect((await run.outcome).stopped).toBe('SIGUSR1');
  expect(run.of('stopping')).toEqual([{ type: 'stopping', signal: 'SIGUSR1' }]);
});

test('no debug port is given to a worker, unless the user asked for a debugger', () => {
  expect(noDebugPort([], {})[0]).toMatch(/^--inspect-port=/);
  expect(noDebugPort([], { NODE_OPTIONS: '--max-old-space-size=100' })).not.toEqual([]);
  expect(noDebugPort(['--inspect'], {})).toEqual([]);
  expect(noDebugPort([], { NODE_OPTIONS: '--enable-source-maps --inspect-brk=0' })).toEqual([]);
});
