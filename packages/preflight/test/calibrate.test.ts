import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDevice, randomSequences } from '@holdfast/gpu-runtime';
import { expect, test } from 'vitest';
import { calibrate } from '../src/calibration/calibrate.js';
import { memoryIn } from '../src/calibration/device-memory.js';
import type { PreflightEvent } from '../src/preflight-events.js';

const one = (tokens: number, perSecond: number | null) => ({ tokens, perSecond, seconds: 1, memory: 0 });

/** What is taken, and what is told, after a trial that is this script. */
async function after(script: string, device = 'cuda:1') {
  const path = join(await mkdtemp(join(tmpdir(), 'trial-')), 'trial.mjs');
  await writeFile(path, `const say = (it) => console.log(JSON.stringify(it));\n${script}`);
  const told: PreflightEvent[] = [];
  const taken = await calibrate({
    model: 'm',
    overrides: undefined,
    workers: 1,
    usual: 7000,
    device: parseDevice(device),
    signal: new AbortController().signal,
    report: (event) => told.push(event),
    script: path,
  });
  expect(told.shift()).toEqual({ type: 'calibrating', device });
  return { taken, told };
}

const ended = (measured: unknown[]) => `say(${JSON.stringify({ measured, trying: null, failed: null })})`;

test('the answer is taken and told', async () => {
  const { taken, told } = await after(ended([one(1024, 100), one(2048, 190), one(4096, 191)]));
  expect(taken).toBe(2048);
  expect(told).toEqual([
    {
      type: 'calibrated',
      device: 'cuda:1',
      batch_tokens: 2048,
      reason: 'gain',
      measured: [
        { tokens: 1024, tokens_per_second: 100 },
        { tokens: 2048, tokens_per_second: 190 },
        { tokens: 4096, tokens_per_second: 191 },
      ],
    },
  ]);
});

test('where time is up while it still goes faster, no less than the usual number is taken', async () => {
  const { taken, told } = await after(ended([{ ...one(1024, 100), seconds: 60 }]));
  expect([taken, told]).toMatchObject([7000, [{ reason: 'time', batch_tokens: 7000 }]]);
});

test('a trial that is killed at a size, after smaller ones, ran out of memory', async () => {
  const known = { measured: [one(1024, 100), one(2048, 200)], trying: 4096, failed: null };
  const { taken, told } = await after(
    `say(${JSON.stringify(known)}); process.kill(process.pid, 'SIGKILL'); setTimeout(() => {}, 60_000);`,
  );
  expect([taken, told]).toMatchObject([1024, [{ reason: 'memory' }]]);
});

test.each([
  ['that fails', `say({ measured: [], trying: null, failed: 'no\\nkernel' })`, /no kernel/],
  ['that says nothing', '', /its process exited without an answer/],
  [
    'that dies at once',
    `process.kill(process.pid, 'SIGABRT'); setTimeout(() => {}, 60_000);`,
    /died of SIGABRT/,
  ],
])('after a trial %s the usual number is taken, with a warning', async (_, script, says) => {
  const { taken, told } = await after(script);
  expect(taken).toBe(7000);
  expect(told).toEqual([{ type: 'warning', message: expect.stringMatching(says) }]);
  expect(told[0]).toMatchObject({ message: expect.stringMatching(/on cuda:1 .*7000.*--batch-tokens/) });
});

test('the sequences that are tried are the same each time, and of all residues', () => {
  const made = randomSequences('protein', 20, 256);
  expect(made).toEqual(randomSequences('protein', 20, 256));
  expect(new Set(made.flatMap((each) => [...each])).size).toBe(20);
  expect(new Set(made.map(String)).size).toBe(20);
});

test('memory of a GPU as nvidia-smi says it', () => {
  expect(memoryIn('1024, 4096\n')).toEqual({ used: 2 ** 30, free: 2 ** 32 });
  expect(memoryIn('[N/A], [N/A]\n')).toBeNull();
  expect(memoryIn('')).toBeNull();
});

test('on a CPU measuring begins with a sequence or two', async () => {
  const limits =
    'const { limits } = JSON.parse(process.argv[2]); const one = { perSecond: 1, seconds: 1, memory: 0 };';
  const asked = `${limits} say({ measured: [{ ...one, tokens: limits.least }, { ...one, tokens: 2 * limits.least }], trying: null, failed: null })`;
  expect((await after(asked, 'cpu')).taken).toBe(512);
  expect((await after(asked)).taken).toBe(1024);
});
