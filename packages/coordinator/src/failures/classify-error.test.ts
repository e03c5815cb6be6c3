import { expect, test } from 'vitest';
import { classifyError } from '../checked.js';

test('test_classify_error_spot_preemption_exitcode', () => {
  expect(classifyError({ exitcode: 143 })).toBe('spot_preemption');
});

test('a death by SIGTERM itself, which has no exit code, is a preemption too', () => {
  expect(classifyError({ exitcode: null, signal: 'SIGTERM' })).toBe('spot_preemption');
});

test.each([
  'Received SIGTERM from the scheduler',
  'slurmstepd: JOB 7 CANCELLED DUE TO PREEMPTION',
  'spot preemption notice received',
  'instance i-7 was preempted.',
])('test_classify_error_spot_preemption_message: %s', (errorMessage) => {
  expect(classifyError({ exitcode: 1, errorMessage })).toBe('spot_preemption');
});

test('test_classify_error_oom', () => {
  expect(classifyError({ exitcode: 1, error: 'cuda_oom', errorMessage: 'CUDA out of memory' })).toBe('oom');
  expect(classifyError({ exitcode: 1, error: 'cuda_oom' })).toBe('oom');
});

test.each([
  'CUDA failure 2: out of memory',
  'CUDA_ERROR_OUT_OF_MEMORY',
  'BFCArena::AllocateRawInternal Failed to allocate memory for requested buffer of size 1024',
  'std::bad_alloc',
  'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
  '# Fatal process OOM in Failed to reserve virtual memory for CodeRange',
  '# Fatal javascript OOM in MemoryChunk allocation failed during deserialization.',
  'memory allocation of 24 bytes failed',
  'mmap: Cannot allocate memory',
])('counts as out of memory whatever the code: %s', (errorMessage) => {
  expect(classifyError({ exitcode: 1, error: 'cuda_runtime', errorMessage })).toBe('oom');
});

test('test_classify_error_poison_input', () => {
  expect(classifyError({ exitcode: 1, error: 'cuda_runtime' })).toBe('poison_input');
  expect(classifyError({ exitcode: 1, circuitBreaker: true })).toBe('poison_input');
});

test('rows that are not finite are poison', () => {
  expect(classifyError({ exitcode: 1, error: 'non_finite' })).toBe('poison_input');
  expect(classifyError({ exitcode: 1, errorMessage: 'batch 3: 2 rows hold NaN' })).toBe('poison_input');
  expect(classifyError({ exitcode: 1, errorMessage: 'Information on bananas' })).toBe('transient');
});

test.each(['SIGTERM_7', 'preempted', 'out_of_memory'])(
  'an ID quoted in such a message is no evidence: %s',
  (id) => {
    const errorMessage = `batch 3: sequence 7 ("${id}"): NaN in column 1`;
    expect(classifyError({ exitcode: 1, error: 'non_finite', errorMessage })).toBe('poison_input');
    expect(classifyError({ exitcode: 143, error: 'non_finite', errorMessage })).toBe('spot_preemption');
  },
);

test.each([
  'spawn /opt/preemptible/node ENOENT',
  '/models/received SIGTERM/x: the model is another than when the run was planned',
  "the model 'preempted' has no output",
  '/data/NaN/model.onnx: reading failed',
  '/runs/preempted/manifest.json is locked',
  'spawn /opt/my preempted dir/node ENOENT',
])('a name quoted in a message is no evidence: %s', (errorMessage) => {
  expect(classifyError({ exitcode: 1, errorMessage })).toBe('transient');
});

test('a worker’s code outweighs the words of its message', () => {
  const words = { exitcode: 1, errorMessage: 'it was preempted, and received SIGTERM; NaN' };
  expect(classifyError({ ...words, error: 'error' })).toBe('spot_preemption');
  expect(classifyError({ ...words, error: 'EIO' })).toBe('transient');
  expect(classifyError({ ...words, error: 'cuda_runtime' })).toBe('poison_input');
});

test('a device that fails on everything does not blame its input', () => {
  const errorMessage = 'esm2 fails even on plain residues (CUDA failure 2: out of memory)';
  expect(classifyError({ exitcode: 1, error: 'unfit_device', errorMessage })).toBe('transient');
  expect(classifyError({ exitcode: 143, error: 'unfit_device', errorMessage })).toBe('spot_preemption');
});

test('test_classify_error_transient_fallback', () => {
  expect(classifyError({ exitcode: 1, error: 'EIO', errorMessage: 'read failed' })).toBe('transient');
  expect(classifyError({ exitcode: 0 })).toBe('transient');
  expect(classifyError({})).toBe('transient');
});

test.each([
  { exitcode: null, signal: 'SIGKILL' },
  { exitcode: null, signal: 'SIGKILL', oomKilled: false },
  { exitcode: 137 },
  { exitcode: null, signal: 'SIGHUP' },
  { exitcode: null, signal: 'SIGUSR1' },
  { exitcode: 130 },
])('a worker killed from outside was preempted: %o', (end) => {
  expect(classifyError(end)).toBe('spot_preemption');
  // Not if it reported a cause before it was killed.
  expect(classifyError({ ...end, error: 'EIO', errorMessage: 'read failed' })).toBe('transient');
  expect(classifyError({ ...end, lastOutput: 'out of memory' })).toBe('oom');
});

test('a crash is not a preemption', () => {
  for (const signal of ['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL'])
    expect(classifyError({ exitcode: null, signal })).toBe('transient');
  expect(classifyError({ exitcode: 139 })).toBe('transient');
});
