import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { builtInModels } from '../built-in.js';
import { CPU } from '../device/device.js';
import { onnxRuntime, tryDevice } from './onnx-runtime.js';

test('the installed package and the providers in its build', () => {
  const { version, folder, providers, installed } = onnxRuntime();
  expect(version).toMatch(/^\d+\.\d+\.\d+/);
  expect(existsSync(join(folder, 'package.json'))).toBe(true);
  expect(providers).toContain('cpu');
  expect(providers).toEqual(expect.arrayContaining(installed));
  expect(installed).toContain('cpu');
  // The workspace's install omits the CUDA provider.
  if (!existsSync(join(folder, 'bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so')))
    expect(installed).not.toContain('cuda');
});

test('the CPU embeds; an unknown device is an error that names it', async () => {
  await tryDevice(CPU);
  for (const { name } of builtInModels()) await tryDevice(CPU, name);
  await expect(tryDevice({ kind: 'abacus' as 'cuda', index: 0 })).rejects.toThrow(/abacus/);
});
