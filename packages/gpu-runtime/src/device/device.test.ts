import type { InferenceSession } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { type CreateSession, openSession } from '../onnx/open-session.js';
import { automaticDevices, CPU, formatDevice, parseDevice } from './device.js';
import { DeviceError } from './device-error.js';

test('device names are parsed and formatted', () => {
  for (const name of ['cpu', 'cuda:0', 'cuda:7', 'tensorrt:1', 'webgpu', 'coreml', 'dml:0'])
    expect(formatDevice(parseDevice(name))).toBe(name);
  expect(parseDevice('cuda')).toEqual({ kind: 'cuda', index: 0 });
  for (const name of ['', 'gpu', 'cuda:', 'cuda:x', 'cpu:0', 'cuda:1000', 'CUDA', 'auto'])
    expect(() => parseDevice(name)).toThrow('choose one of: auto, cpu, cuda[:N]');
});

test('auto prefers the fastest listed device, and falls back to the CPU', () => {
  expect(automaticDevices(['cpu', 'webgpu', 'cuda']).map(formatDevice)).toEqual(['cuda:0', 'cpu']);
  expect(automaticDevices(['cpu', 'webgpu'])).toEqual([CPU]);
});

/** A runtime that has some devices, and accepts or refuses the graph. */
function runtime(devices: string[], { graph = true, message = 'no such provider' } = {}) {
  const asked: unknown[] = [];
  const create: CreateSession = async (_path, { executionProviders }) => {
    const [provider] = executionProviders as { name: string; deviceId?: number }[];
    asked.push(provider);
    if (!devices.includes(provider!.name)) throw new Error(`${message}\nmore`);
    if (!graph) throw new Error('bad graph');
    return { release: async () => undefined } as InferenceSession;
  };
  return { create, asked };
}

test('a session opens on the requested device only', async () => {
  const { create, asked } = runtime(['cpu', 'cuda']);
  await openSession({ modelPath: 'm.onnx' }, parseDevice('cuda:2'), 1, create);
  expect(asked).toEqual([{ name: 'cuda', deviceId: 2 }]);
});

test('a missing device is an error with a remedy, never another device', async () => {
  const { create } = runtime(['cpu']);
  const error = await openSession({ modelPath: 'm.onnx' }, parseDevice('cuda'), 1, create).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(DeviceError);
  expect((error as Error).message).toMatch(/^cuda:0 cannot be used here \(no such provider\);.*--device cpu/);
});

test('a bad graph is reported as such on any device', async () => {
  const { create } = runtime(['cpu', 'cuda'], { graph: false });
  await expect(openSession({ modelPath: 'm.onnx' }, parseDevice('cuda'), 1, create)).rejects.toThrow(
    'bad graph',
  );
});

test('lack of memory is not reported as a missing device', async () => {
  const { create } = runtime(['cpu'], { message: 'CUDA failure 2: out of memory' });
  const error = await openSession({ modelPath: 'm.onnx' }, parseDevice('cuda'), 1, create).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).not.toBeInstanceOf(DeviceError);
});

test('a machine without CUDA is reported as such', async () => {
  const { onnxRuntime } = await import('../onnx/onnx-runtime.js');
  if (onnxRuntime().providers.includes('cuda')) return;
  const { inPackage } = await import('../../test/support.js');
  await expect(
    openSession({ modelPath: inPackage('models/tnf/model.onnx') }, parseDevice('cuda'), 1),
  ).rejects.toBeInstanceOf(DeviceError);
});
