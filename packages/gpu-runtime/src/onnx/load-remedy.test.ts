import { expect, test } from 'vitest';
import { deviceRemedy } from '../device/device-error.js';
import { loadRemedy } from './load-remedy.js';

test.each([
  [
    'Unsupported model IR version: 13, max supported IR version: 11',
    /IR version is 13, .*reads at most 11.*ir_version = 11/,
  ],
  [
    'ONNX Runtime only *guarantees* support for models stamped with official released onnx opset versions. Current official support for domain ai.onnx is till opset 23.',
    /^re-export it with a lower opset$/,
  ],
  ['Fatal error: com.x:Foo(-1) is not a registered function/op', /no such operator/],
  ['[ONNXRuntimeError] : 9 : NOT_IMPLEMENTED : Could not find an implementation for Foo(1)', /float32/],
  ['Load model from m failed:Protobuf parsing failed.', /copy it again/],
  ['Load model m failed. system error number 5', /check the disk/],
  ['something else', /^re-export or copy it again$/],
])('the remedy fits the error text: %s', (errorText, remedy) => {
  expect(loadRemedy(errorText)).toMatch(remedy);
});

test.each([
  ['libcudnn.so.9: cannot open shared object file', /ONNXRUNTIME_NODE_INSTALL=cuda12/],
  ['CUDA failure 100: no CUDA-capable device is detected', /nvidia-smi.*CUDA_VISIBLE_DEVICES/],
  ['invalid device ordinal', /number.*nvidia-smi/],
  ['CUDA driver version is insufficient for CUDA runtime version', /update the NVIDIA driver/],
  ['CUDA-capable device(s) is/are busy or unavailable', /stop the process that uses it/],
  ['something else', /ONNXRUNTIME_NODE_INSTALL=cuda12/],
])('the remedy for a GPU fits the error text: %s', (errorText, remedy) => {
  expect(deviceRemedy('cuda', errorText)).toMatch(remedy);
});

test('wrong numbers get no remedy: installing something does not fix them', () => {
  expect(deviceRemedy('cuda', 'it computes wrong numbers: shares that add up to 0')).toBeUndefined();
});

test('on Linux, the remedy for WebGPU without an adapter is Vulkan', () => {
  const errorText = 'Failed to get a WebGPU adapter: No supported adapters';
  expect(deviceRemedy('webgpu', errorText, 'linux')).toMatch(/libvulkan1/);
  expect(deviceRemedy('webgpu', errorText, 'darwin')).toBeUndefined();
});

test('a device kind without remedies has none', () => {
  expect(deviceRemedy('webgpu', 'no adapter')).toBeUndefined();
});
