import { expect, test } from 'vitest';
import { failureKind } from './failure-kind.js';

test.each([
  'CUDA out of memory. Tried to allocate 2.00 GiB',
  'CUDA failure 2: out of memory ; GPU=0',
  'CUDA failure 2: ; GPU=0',
  'CUBLAS_STATUS_ALLOC_FAILED',
  'BFCArena::AllocateRawInternal Failed to allocate memory for requested buffer of size 4294967296',
  'Available memory of 12 is smaller than requested bytes of 4096',
  'std::bad_alloc',
  'bad allocation: bad_alloc',
  'Array buffer allocation failed',
  // WebGPU binds a tensor in parts of about 2 GiB at most, and has room for 16 parts.
  'webgpu/shader_helper.cc:306 numbers_storage_buffers_ <= limits_.maxStorageBuffersPerShaderStage was false. Too many storage buffers in shader. Current: 23, Max is 16',
])('lack of memory: %s', (message) => {
  expect(failureKind(new Error(message))).toBe('cuda_oom');
});

test.each([
  'CUDA failure 700: an illegal memory access was encountered',
  'CUDA failure 209: no kernel image',
  'Non-zero status code returned while running Gather node. indices element out of data bounds',
])('any other failure: %s', (message) => {
  expect(failureKind(message)).toBe('cuda_runtime');
});
