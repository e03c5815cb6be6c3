import { expect, test } from 'vitest';
import { type ShareOptions, shareDevice } from './device-share.js';

const { signal } = new AbortController();
const share = async (given: Partial<ShareOptions>) => {
  const shared = await shareDevice({
    wish: 'auto',
    device: { kind: 'cuda', index: 0 },
    workers: undefined,
    weightBytes: 0,
    memory: 64e9,
    threads: undefined,
    signal,
    cores: 16,
    visible: undefined,
    countGpus: async () => 4,
    ...given,
  });
  const slots = Array.from({ length: shared.workers }, (_, slot) => shared.env(slot)['CUDA_VISIBLE_DEVICES']);
  return [shared.workers, shared.device, shared.threads, slots];
};
const CPU = { kind: 'cpu', index: null } as const;
const CUDA2 = { kind: 'cuda', index: 2 } as const;

test('on a CPU: one worker a core, and its threads are its part of the cores', async () => {
  expect((await share({ device: CPU })).slice(0, 3)).toEqual([16, 'cpu', 1]);
  expect((await share({ device: CPU, workers: 3 })).slice(0, 3)).toEqual([3, 'cpu', 5]);
  expect((await share({ device: CPU, workers: 40 })).slice(0, 3)).toEqual([40, 'cpu', 1]);
});

test('on a CPU: no more workers than the memory has room for, and it is said', async () => {
  const large = { device: CPU, weightBytes: 2.6e9, memory: 16e9 };
  expect((await share(large)).slice(0, 3)).toEqual([4, 'cpu', 4]);
  const asking = { wish: 'auto', workers: undefined, threads: undefined, signal, cores: 16 } as const;
  expect(await shareDevice({ ...asking, ...large })).toMatchObject({
    note: expect.stringMatching(/^4 workers for 16 cores: .*\(2\.6 GB\).* 16\.0 GB of memory; --workers/),
  });
  expect(await shareDevice({ ...asking, ...large, workers: 9 })).toMatchObject({ workers: 9, threads: 1 });
  expect(await shareDevice({ ...asking, ...large, workers: 9 })).not.toHaveProperty('note');
  expect(await shareDevice({ ...asking, ...large, memory: 64e9 })).not.toHaveProperty('note');
});

test('a run keeps the threads it was begun with, whatever the workers are now', async () => {
  expect((await share({ device: CPU, workers: 1, threads: 1 })).slice(0, 3)).toEqual([1, 'cpu', 1]);
});

test('GPUs: one worker each, seeing its own alone', async () => {
  expect(await share({})).toEqual([4, 'cuda:0', 4, ['0', '1', '2', '3']]);
  expect(await share({ wish: { kind: 'cuda', index: 0, every: true }, workers: 6 })).toEqual([
    6,
    'cuda:0',
    2,
    ['0', '1', '2', '3', '0', '1'],
  ]);
});

test('what is visible is subdivided, and one that is named is all workers’', async () => {
  expect(await share({ visible: '3,1' })).toEqual([2, 'cuda:0', 8, ['3', '1']]);
  const counted = (gpus: number | null) => ({ countGpus: async () => gpus });
  expect(await share({ visible: '3,1', ...counted(null) })).toEqual([2, 'cuda:0', 8, ['3', '1']]);
  expect((await share({ visible: 'MIG-a,MIG-b,MIG-c', ...counted(1) }))[0]).toBe(3);
  expect(await share({ visible: 'GPU-aa,GPU-bb' })).toEqual([2, 'cuda:0', 8, ['GPU-aa', 'GPU-bb']]);
  expect(await share({ wish: CUDA2, device: CUDA2, workers: 2 })).toEqual([2, 'cuda:0', 8, ['2', '2']]);
  expect(await share({ wish: CUDA2, device: CUDA2, visible: '3,2,1' })).toEqual([1, 'cuda:0', 16, ['1']]);
});

test('where nobody knows how many there are, one worker has the first; more are refused', async () => {
  const countGpus = async () => null;
  expect(await share({ countGpus })).toEqual([1, 'cuda:0', 16, ['0']]);
  await expect(share({ countGpus, workers: 2 })).rejects.toThrow(/CUDA_VISIBLE_DEVICES/);
  await expect(share({ visible: '-1' })).rejects.toThrow(/--device cpu/);
});
