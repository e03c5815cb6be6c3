import { CPU, DeviceError, parseDevice } from '@holdfast/gpu-runtime';
import { expect, test } from 'vitest';
import { PreflightError } from '../preflight-error.js';
import { chooseDevice } from './choose-device.js';

const cuda = parseDevice('cuda:1');
const works = async () => null;
const fails = async () => 'no libcudart.so.12';
const listed = ['cpu', 'cuda'];

test('auto takes the fastest that works, and says what it passed over', async () => {
  expect(await chooseDevice('auto', { begunOn: undefined, listed, probe: works })).toEqual({
    device: parseDevice('cuda'),
    warnings: [],
  });
  expect(await chooseDevice('auto', { begunOn: undefined, listed, probe: fails })).toEqual({
    device: CPU,
    warnings: ['skipping cuda:0: no libcudart.so.12'],
  });
  expect(await chooseDevice('auto', { begunOn: undefined, listed: ['cpu'], probe: fails })).toEqual({
    device: CPU,
    warnings: [],
  });
});

test('auto goes on where the run was begun, and nowhere else', async () => {
  expect(await chooseDevice('auto', { begunOn: 'cpu', listed, probe: works })).toEqual({
    device: CPU,
    warnings: [],
  });
  expect((await chooseDevice('auto', { begunOn: 'cuda:1', listed, probe: works })).device).toEqual(cuda);
  const refused = chooseDevice('auto', { begunOn: 'cuda:1', listed, probe: fails });
  await expect(refused).rejects.toBeInstanceOf(PreflightError);
  await expect(refused).rejects.toThrow('begun on cuda:1, which cannot be used now (no libcudart.so.12)');
});

test('a device that is named is taken, or an error', async () => {
  await expect(chooseDevice(cuda, { begunOn: undefined, listed, probe: fails })).rejects.toBeInstanceOf(
    DeviceError,
  );
  expect(await chooseDevice(cuda, { begunOn: 'cuda:0', listed, probe: works })).toEqual({
    device: cuda,
    warnings: [],
  });
  const other = await chooseDevice(CPU, { begunOn: 'cuda:0', listed, probe: works });
  expect(other.device).toEqual(CPU);
  expect(other.warnings[0]).toContain('last digits');
});
