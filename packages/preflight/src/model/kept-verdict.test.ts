import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CPU, parseDevice } from '@holdfast/gpu-runtime';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { KeptVerdicts, type TrialPlace, trialPlace } from './kept-verdict.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verdicts-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
});

test('a pass holds for the same model, device, hardware and versions, and for nothing else', async () => {
  const verdicts = new KeptVerdicts(folder);
  const place = (await trialPlace(CPU))!;
  const now = new Date('2026-01-02T03:04:05Z');
  await verdicts.keep('one', place, now);
  expect(await verdicts.passedAt('one', { ...place })).toBe(now.toISOString());
  expect(await verdicts.passedAt('two', place)).toBeNull();
  const { versions } = place;
  const others: TrialPlace[] = [
    { ...place, device: 'cuda:0' },
    { ...place, hardware: 'another processor' },
    { ...place, platform: 'linux riscv64' },
    { ...place, versions: { ...versions, holdfast: '99.0.0' } },
    { ...place, versions: { ...versions, node: 'v99.0.0' } },
    { ...place, versions: { ...versions, onnxruntime: '99.0.0' } },
  ];
  for (const other of others) expect(await verdicts.passedAt('one', other)).toBeNull();
});

test('the place names the device, the processor and each version', async () => {
  expect(await trialPlace(CPU)).toEqual({
    device: 'cpu',
    hardware: expect.any(String),
    versions: {
      holdfast: expect.stringMatching(/^\d/),
      node: process.version,
      onnxruntime: expect.stringMatching(/^1\./),
    },
    platform: `${process.platform} ${process.arch}`,
  });
});

/** A driver's folder with these GPUs. */
async function driver(name: string, models: readonly string[]): Promise<string> {
  const at = join(folder, name);
  for (const [i, model] of models.entries()) {
    await mkdir(join(at, 'gpus', `0000:0${i}`), { recursive: true });
    await writeFile(join(at, 'gpus', `0000:0${i}`, 'information'), `Model: \t\t ${model}\nIRQ: 1\n`);
  }
  await writeFile(join(at, 'version'), 'NVRM version 1\n');
  return at;
}

test('a GPU is known by the driver and the models of all GPUs', async () => {
  const cuda = parseDevice('cuda:0');
  const place = await trialPlace(cuda, await driver('a', ['NVIDIA A', 'NVIDIA B']));
  expect(place).toMatchObject({ device: 'cuda:0', hardware: { models: ['NVIDIA A', 'NVIDIA B'] } });
  expect(await trialPlace(cuda, await driver('b', ['NVIDIA A', 'NVIDIA B']))).toEqual(place);
  expect(await trialPlace(cuda, await driver('c', ['NVIDIA C']))).not.toEqual(place);
});

test('no verdict is kept for hardware that is not known', async () => {
  expect(await trialPlace(parseDevice('cuda:0'), join(folder, 'none'))).toBeNull();
  expect(await trialPlace(parseDevice('coreml'))).toBeNull();
});
