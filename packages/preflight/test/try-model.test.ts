import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CPU } from '@holdfast/gpu-runtime';
import { expect, test } from 'vitest';
import { tryModel } from '../src/model/try-model.js';
import type { PreflightEvent } from '../src/preflight-events.js';

/** As a native call that does not return. */
const HANG = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);';

/** What comes of a trial that is this script, and what is told. */
async function after(source: string, stallMs = 1000, cache?: string) {
  const script = join(await mkdtemp(join(tmpdir(), 'trial-')), 'trial.mjs');
  await writeFile(script, `const say = (it) => console.log(JSON.stringify(it));\n${source}`);
  const told: PreflightEvent[] = [];
  const error = await tryModel({
    model: 'm',
    overrides: undefined,
    source: { fingerprint: 'f' },
    device: CPU,
    stallMs,
    signal: new AbortController().signal,
    report: (event) => told.push(event),
    script,
    ...(cache === undefined ? {} : { cache }),
  }).then(
    () => null,
    (error: Error) => error,
  );
  return { error, told };
}

test('a model that does not answer is refused, with what it was at and its last words', async () => {
  const { error, told } = await after(
    `console.error('one'); console.error('thread pool'); say({ stage: 'embedding 12 plain residues' }); ${HANG}`,
    10_000,
  );
  expect(error).toMatchObject({ name: 'PreflightError' });
  expect(error?.message).toMatch(
    /^m: the trial of the model gave no answer within 10 s while embedding 12 plain residues \(thread pool\).*--stall-timeout/,
  );
  expect(told[0]).toEqual({ type: 'trying_model', model: 'm', device: 'cpu', limit_seconds: 10 });
  expect(told[1]).toMatchObject({
    type: 'waiting',
    reason: expect.stringContaining('embedding 12'),
    limit_seconds: 10,
  });
});

test('one that hangs before it embeds is no fault of the model: exit code 1, and what to look at', async () => {
  const { error } = await after(`say({ stage: 'loading the model on cpu' }); ${HANG}`, 10_000);
  expect(error).toMatchObject({ name: 'NoAnswerError' });
  expect(error?.message).toMatch(/while loading the model on cpu.*--stall-timeout.*ulimit -u/);
});

test('each stage has the whole limit', async () => {
  const { error } = await after(
    `for (let i = 0; i < 5; i++) {
      say({ stage: 'embedding ' + i });
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    say({ refused: null });`,
    4000,
  );
  expect(error).toBeNull();
});

test('one that dies refuses nothing, but says so with its last words', async () => {
  const { error, told } = await after(
    "console.error('bad kernel'); process.kill(process.pid, 'SIGSEGV'); setInterval(() => {}, 1000)",
    60_000,
  );
  expect(error).toBeNull();
  expect(told[1]).toMatchObject({
    type: 'warning',
    message: expect.stringMatching(/SIGSEGV \(bad kernel\)/),
  });
});

test('one that a signal ends is started again, a few times', async () => {
  const { error, told } = await after(
    "process.removeAllListeners('SIGUSR2'); process.kill(process.pid, 'SIGUSR2'); setInterval(() => {}, 1000)",
    60_000,
  );
  expect(error).toBeNull();
  expect(told[1]).toMatchObject({ type: 'warning', message: expect.stringContaining('SIGUSR2') });
});

test.each([
  ['passes', 'say({ refused: null, passed: true })', true],
  ['shows nothing', 'say({ refused: null, passed: false })', false],
  ['is refused', "say({ refused: 'm: no', passed: false })", false],
  ['dies', 'process.exit(3)', false],
])('the verdict on a model that %s is kept: %s, %s', async (_, script, kept) => {
  const cache = await mkdtemp(join(tmpdir(), 'cache-'));
  await after(script, 60_000, cache);
  const { error, told } = await after("say({ refused: 'm: tried again', passed: false })", 60_000, cache);
  expect(told[0]!.type).toBe(kept ? 'model_passed_before' : 'trying_model');
  expect(error?.message).toBe(kept ? undefined : 'm: tried again');
});
