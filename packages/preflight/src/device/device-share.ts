import { availableParallelism, totalmem } from 'node:os';
import { type Device, formatDevice } from '@holdfast/gpu-runtime';
import { inBytes } from '@holdfast/options';
import { cgroupLimits } from '../machine/cgroup.js';
import { findGpus } from '../machine/cuda.js';
import { PreflightError } from '../preflight-error.js';
import type { DeviceWish } from './choose-device.js';
import { deviceSlots, threadsPerWorker } from './device-slots.js';
import { workersThatFit } from './workers-that-fit.js';

/** How the workers of a run share devices and cores. */
export interface DeviceShare {
  /** Processes. */
  workers: number;
  /** The device of each, as the worker itself sees it. */
  device: string;
  /** Threads of each on the CPU. */
  threads: number;
  /** Why there are fewer workers than cores; absent if there are not. */
  note?: string;
  /** Environment variables of a slot's worker, beside this process's own. */
  env(slot: number): NodeJS.ProcessEnv;
}

export interface ShareOptions {
  /** The requested device; without a number, or `auto`, it means every device of its kind. */
  wish: DeviceWish;
  /** The one that was chosen. */
  device: Device;
  /** The requested processes. Default: one per core on a CPU if the memory has room for them, else one per device. */
  workers: number | undefined;
  /** Bytes of the model, of which each worker has a copy. */
  weightBytes: number;
  /** Threads per worker that the run was begun with: another number may change the last digits. */
  threads: number | undefined;
  signal: AbortSignal;
  cores?: number;
  /** Bytes of memory. Default: what this process's control group grants, else the machine's. */
  memory?: number;
  /** `CUDA_VISIBLE_DEVICES` as it is. Default: this process's. */
  visible?: string | undefined;
  /** Default: asks nvidia-smi. */
  countGpus?: (signal: AbortSignal) => Promise<number | null>;
}

/**
 * Gives each worker its device and its threads: GPUs in turn, each worker seeing its own alone, and equal parts of the cores.
 *
 * @throws PreflightError if the visible GPUs cannot be shared.
 */
export async function shareDevice({
  wish,
  device,
  workers,
  weightBytes,
  threads,
  signal,
  cores = availableParallelism(),
  memory,
  visible = process.env['CUDA_VISIBLE_DEVICES'],
  countGpus = gpusOfThisMachine,
}: ShareOptions): Promise<DeviceShare> {
  if (device.kind !== 'cuda' && device.kind !== 'tensorrt') {
    const room = memory ?? Math.min((await cgroupLimits()).memory ?? Number.POSITIVE_INFINITY, totalmem());
    const processes =
      workers ?? (device.kind === 'cpu' ? Math.min(cores, workersThatFit(room, weightBytes)) : 1);
    const few = workers === undefined && device.kind === 'cpu' && processes < cores;
    return {
      workers: processes,
      device: formatDevice(device),
      threads: threads ?? threadsPerWorker(cores, processes),
      ...(few && { note: whyFew(processes, { cores, room, weightBytes }) }),
      env: () => ({}),
    };
  }
  const every = wish === 'auto' || wish.every === true;
  const gpus = await countGpus(signal);
  const slotsOf = (slots: number) => {
    try {
      const index = every ? {} : { index: device.index ?? 0 };
      return deviceSlots({ kind: 'cuda', slots, visible, gpus, ...index });
    } catch (cause) {
      throw new PreflightError((cause as Error).message, { cause });
    }
  };
  // One per device. A list may name parts of GPUs, or GPUs that nobody counted, so count until a device repeats.
  const named = visible === undefined ? 0 : visible.split(',').length;
  const processes = workers ?? (every ? new Set(slotsOf(Math.max(1, gpus ?? 0, named))).size : 1);
  const devices = slotsOf(processes);
  return {
    workers: processes,
    device: formatDevice({ kind: device.kind, index: 0 }),
    threads: threads ?? threadsPerWorker(cores, processes),
    env: (slot) => ({ CUDA_VISIBLE_DEVICES: devices[slot % devices.length]! }),
  };
}

function whyFew(
  workers: number,
  { cores, room, weightBytes }: { cores: number; room: number; weightBytes: number },
): string {
  return `${workers === 1 ? 'one worker' : `${workers} workers`} for ${cores} cores: each holds a copy of the model (${inBytes(weightBytes)}), and there are ${inBytes(room)} of memory; --workers overrides this`;
}

async function gpusOfThisMachine(signal: AbortSignal): Promise<number | null> {
  const { found, problem } = await findGpus(signal);
  return problem === null ? found.length : null;
}
