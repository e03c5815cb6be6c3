import { above0, checkOptions, whole } from '@holdfast/options';
import { type DeviceRequest, deviceRequest } from './device-request.js';
import { DeviceSlotsError } from './device-slots-error.js';

/**
 * Shares the visible devices out: slot i has the (i modulo n)-th of n, so that workers beyond their number share them in
 * turn. Each worker sees its own alone, as device 0, and none that this process was not given, such as by a batch system.
 *
 * @returns for each slot, what `CUDA_VISIBLE_DEVICES` is to be before its worker starts.
 * @throws DeviceSlotsError where no device is visible or the named one is not, where CUDA would not take the list, and where
 * nothing says how many there are; RangeError and TypeError for a request that is none (`code` is `invalid_option`).
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
    const last = devices.length === 1 ? 'cuda:0 alone' : `cuda:0 to cuda:${devices.length - 1}`;
    throw new DeviceSlotsError(`cuda:${index} is not there: ${where} has ${last}`);
  }
  return share(slots, () => device);
}

/** Threads for each worker where they share a machine's cores: equal parts, and at least 1. @throws RangeError for no numbers. */
export function threadsPerWorker(cores: number, slots: number): number {
  checkOptions('threadsPerWorker', cores, above0('cores'), 'cores');
  checkOptions('threadsPerWorker', slots, whole(1), 'slots');
  return Math.max(1, Math.floor(cores / slots));
}

/** One worker has the first device, as it had without being asked; where others went nobody could say. */
function unknownDevices(slots: number, index: number | undefined): string[] {
  if (index === undefined && slots > 1)
    throw new DeviceSlotsError(
      `how many GPUs this machine has is not known, so that ${slots} workers cannot be shared out: set CUDA_VISIBLE_DEVICES, such as to 0,1, or name one by --device cuda:0`,
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
    // Whoever wrote it meant one that is missing, or two workers at one: CUDA takes neither, and sees no device at all.
    if (devices.some((other) => isSame(device, other)))
      throw new DeviceSlotsError(
        `CUDA_VISIBLE_DEVICES=${JSON.stringify(visible)} has ${entry} twice, for which CUDA sees no device at all: name each once`,
      );
    devices.push(device);
  }
  return devices;
}

/** A GPU's UUID may be cut off where it is still the only one that begins so. */
const isSame = (a: string, b: string) =>
  a === b || (a.startsWith('GPU-') && (a.startsWith(b) || b.startsWith(a)));

const share = (slots: number, of: (slot: number) => string) =>
  Array.from({ length: slots }, (_, slot) => of(slot));

const numbers = (count: number) => Array.from({ length: count }, (_, number) => `${number}`);
