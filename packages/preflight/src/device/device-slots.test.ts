import fc from 'fast-check';
import { expect, test } from 'vitest';
import { deviceSlots, threadsPerWorker } from './device-slots.js';
import { DeviceSlotsError } from './device-slots-error.js';

const slotsOf = (visible: string | undefined, slots: number, gpus: number | null = null, index?: number) =>
  deviceSlots({ kind: 'cuda', slots, visible, gpus, ...(index === undefined ? {} : { index }) });

const GPU = 'GPU-8932f937-d72c-4106-c12f-20bd9faed9f6';
const MIG = 'MIG-GPU-8932f937-d72c-4106-c12f-20bd9faed9f6/1/2';

test.each<[string, string | undefined, number | null, number | undefined, string[]]>([
  ['all of the machine in turn', undefined, 2, undefined, ['0', '1', '0']],
  ['all that are visible, in their order', '5,2', 8, undefined, ['5', '2', '5']],
  ['UUIDs, of parts too', `${GPU}, ${MIG}`, 2, undefined, [GPU, MIG, GPU]],
  ['parts of one GPU', `${MIG},${MIG}0`, 1, undefined, [MIG, `${MIG}0`, MIG]],
  ['numbers beside UUIDs', `1,${GPU}`, 2, undefined, ['1', GPU, '1']],
  ['those before the first that is none', '3,1,-1,0', 4, undefined, ['3', '1', '3']],
  ['those before one that is not there', '1,4,0', 4, undefined, ['1', '1', '1']],
  ['whatever is named, where nothing is known', '7,9', null, undefined, ['7', '9', '7']],
  ['a number that is written long', '01,0', 2, undefined, ['1', '0', '1']],
  ['one alone, of the machine', undefined, 4, 2, ['2', '2', '2']],
  ['one alone, of those visible', '5,2', 8, 1, ['2', '2', '2']],
  ['one alone, of a machine that is not known', undefined, null, 3, ['3', '3', '3']],
])('three workers have %s', (_, visible, gpus, index, expected) => {
  expect(slotsOf(visible, 3, gpus, index)).toEqual(expected);
});

test('one worker has the first device where nothing is known', () => {
  expect(slotsOf(undefined, 1)).toEqual(['0']);
});

test.each<[string, string | undefined, number | null, number | undefined, string]>([
  ['an empty list', '', 2, undefined, 'CUDA_VISIBLE_DEVICES="" has no CUDA device: unset it'],
  ['spaces', ' ', 2, undefined, 'has no CUDA device'],
  ['none, as -1', '-1,0', 2, undefined, 'CUDA_VISIBLE_DEVICES="-1,0" has no CUDA device'],
  ['none, as Slurm says it', 'NoDevFiles', 2, undefined, 'has no CUDA device'],
  ['a bare beginning', 'GPU-', null, undefined, 'has no CUDA device'],
  ['a number beyond the machine', '2', 2, undefined, 'has no CUDA device'],
  ['a machine without', undefined, 0, undefined, 'this machine has no CUDA device: run with --device cpu'],
  ['a device beyond the machine', undefined, 2, 2, 'there is no cuda:2: this machine has cuda:0 to cuda:1'],
  ['a device that is not visible', '3', 4, 1, 'CUDA_VISIBLE_DEVICES="3" has only cuda:0'],
  ['one named twice', '0,1,00', 4, undefined, 'has 00 twice'],
  ['one named twice, once cut off', `${GPU},GPU-8932`, 4, undefined, 'has GPU-8932 twice'],
  ['one named twice, of which another is taken', '1,1', 4, 0, 'has 1 twice'],
  ['a number of GPUs that is not known', undefined, null, undefined, 'set CUDA_VISIBLE_DEVICES'],
])('%s is refused', (_, visible, gpus, index, message) => {
  expect(() => slotsOf(visible, 3, gpus, index)).toThrow(DeviceSlotsError);
  expect(() => slotsOf(visible, 3, gpus, index)).toThrow(message);
});

test('no worker is given what was not, and no device has two workers more than another', () => {
  const devices = fc.uniqueArray(fc.nat(15), { minLength: 1, maxLength: 8 });
  const behind = fc.array(fc.constantFrom('-1', '', 'none', '0', '16', GPU), { maxLength: 4 });
  fc.assert(
    fc.property(devices, behind, fc.integer({ min: 1, max: 20 }), (given, rest, slots) => {
      const visible = [...given, '-1', ...rest].join(',');
      const got = slotsOf(visible, slots, 16);
      expect(got).toHaveLength(slots);
      const counts = given.map((device) => got.filter((one) => one === `${device}`).length);
      expect(counts.reduce((a, b) => a + b)).toBe(slots);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    }),
  );
});

test('threads of all workers are no more than the cores, unless workers are', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 512 }), fc.integer({ min: 1, max: 64 }), (cores, slots) => {
      const threads = threadsPerWorker(cores, slots);
      expect(Number.isInteger(threads) && threads >= 1).toBe(true);
      expect(threads * slots <= cores || threads === 1).toBe(true);
      expect((threads + 1) * slots).toBeGreaterThan(cores);
    }),
  );
});
