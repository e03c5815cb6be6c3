import { above0, checkOptions, whole } from '@holdfast/options';
import { type DeviceRequest, deviceRequest } from './device-request.js';
import { DeviceSlotsError } from './device-slots-error.js';

/**
 * Assigns the visible devices: slot i gets number i modulo n of n, so extra workers share them in turn. Each worker sees only
 * its own, as device 0, and never one that this process was not given, for example by a batch system.
 *
 * @returns `CUDA_VISIBLE_DEVICES` for each slot's worker.
 * @throws DeviceSlotsError if no device is visible, the named one is not, CUDA would reject the list, or the number of devices
 * is unknown; RangeError or TypeError for an invalid request (`code` is `invalid_option`).
 */
export function deviceSlots(request: DeviceRequest): string[] {
  checkOptions('deviceSlots', request, deviceRequest);
  const { slots, visible, gpus, index } = request;
  if (visible === undefined && gpus === null) return unknownDevices(slots, index);
  const [devices, where] =
    visible === undefined
      ? [numbers(gpus ?? 0), 'this machine']
      : [listed(visible, gpus), `CUDA_VISIBLE_DEVICES=${JSON.stringify(visible)}`];
  if (devices.length === 0) {
    const remedy = visible === undefined ? '' : 'unset it, name devices of this machine in it, or ';
    throw new DeviceSlotsError(`${where} has no CUDA device: ${remedy}run with --device cpu`);
  }
  if (index === undefined) return share(slots, (slot) => devices[slot % devices.length]!);
  const device = devices[index];
  if (device === undefined) {
    const last = devices.length === 1 ? 'only cuda:0' : `cuda:0 to cuda:${devices.length - 1}`;
    throw new DeviceSlotsError(`there is no cuda:${index}: ${where} has ${last}`);
  }
  return share(slots, () => device);
}

/** Threads per worker if they share a machine's cores: equal parts, at least 1. @throws RangeError for invalid numbers. */
export function threadsPerWorker(cores: number, slots: number): number {
  checkOptions('threadsPerWorker', cores, above0('cores'), 'cores');
  checkOptions('threadsPerWorker', slots, whole(1), 'slots');
  return Math.max(1, Math.floor(cores / slots));
}

/** One worker gets the first device, as it would by default. More cannot be assigned. */
function unknownDevices(slots: number, index: number | undefined): string[] {
  if (index === undefined && slots > 1)
    throw new DeviceSlotsError(
      `the number of GPUs of this machine is unknown, so ${slots} workers cannot be assigned: set CUDA_VISIBLE_DEVICES, for example to 0,1, or name one with --device cuda:0`,
    );
  return share(slots, () => `${index ?? 0}`);
}

/**
 * The devices of a list as CUDA reads it (CUDA Programming Guide, *CUDA Environment Variables*): numbers, or UUIDs of GPUs
 * and of their parts (MIG), as nvidia-smi -L has them; it ends before the first entry that is none, such as -1.
 */
function listed(visible: string, gpus: number | null): string[] {
  const devices: string[] = [];
  for (const entry of visible.split(',').map((each) => each.trim())) {
    const isNumber = /^\d+$/.test(entry) && Number(entry) < (gpus ?? Number.POSITIVE_INFINITY);
    if (!isNumber && !/^(GPU|MIG)-[^\s]+$/.test(entry)) break;
    const device = isNumber ? `${Number(entry)}` : entry;
    // A mistake, or meant as two workers on one device. Either way CUDA sees no device at all.
    if (devices.some((other) => isSame(device, other)))
      throw new DeviceSlotsError(
        `CUDA_VISIBLE_DEVICES=${JSON.stringify(visible)} has ${entry} twice, which makes CUDA see no device at all: name each once`,
      );
    devices.push(device);
  }
  return devices;
}

/** A GPU's UUID may be shortened as long as it is unique. */
const isSame = (a: string, b: string) =>
  a === b || (a.startsWith('GPU-') && (a.startsWith(b) || b.startsWith(a)));

const share = (slots: number, of: (slot: number) => string) =>
  Array.from({ length: slots }, (_, slot) => of(slot));

const numbers = (count: number) => Array.from({ length: count }, (_, number) => `${number}`);
