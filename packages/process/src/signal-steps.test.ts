import { expect, test } from 'vitest';
import { SignalSteps } from './signal-steps.js';

test.each([
  ['one signal', ['SIGTERM'], ['stop']],
  ['three', ['SIGTERM', 'SIGINT', 'SIGTERM'], ['stop', 'hurry', 'die']],
  ['repeated warnings', ['SIGXCPU', 'SIGXCPU', 'SIGXCPU'], ['stop', 'ignore', 'ignore']],
  ['a warning, and the end of the job', ['SIGUSR1', 'SIGTERM'], ['stop', 'ignore']],
  [
    'a warning, then impatience',
    ['SIGUSR1', 'SIGINT', 'SIGINT', 'SIGINT'],
    ['stop', 'ignore', 'hurry', 'die'],
  ],
  ['a warning while it stops', ['SIGTERM', 'SIGUSR2', 'SIGTERM'], ['stop', 'ignore', 'hurry']],
])('%s, with workers', (_what, signals, steps) => {
  const count = new SignalSteps();
  expect(signals.map((signal) => count.next(signal, true))).toEqual(steps);
});

test('without workers a second signal ends the process', () => {
  const count = new SignalSteps();
  expect(['SIGTERM', 'SIGHUP'].map((signal) => count.next(signal, false))).toEqual(['stop', 'die']);
});
