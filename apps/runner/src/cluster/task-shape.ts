import type { DeviceWish } from '@holdfast/preflight';
import type { SubmitOptions } from '../submit-options.js';

/** What the tasks run on: workers of a task, threads of a worker, and a device that this machine need not have. */
export interface TaskShape {
  slots: number;
  threads: number;
  device: Exclude<DeviceWish, 'auto'>;
  elsewhere: boolean;
}

/**
 * The shape of a task. `auto` is the GPU if tasks get one and else the CPU: what this machine has says nothing about the nodes.
 */
export function taskShape({ embed, gpusPerTask, cpusPerTask }: SubmitOptions): TaskShape {
  const { device = 'auto', threads } = embed;
  const slots = gpusPerTask ?? 1;
  const chosen: TaskShape['device'] =
    device !== 'auto'
      ? device
      : gpusPerTask === undefined
        ? { kind: 'cpu', index: null, every: false }
        : { kind: 'cuda', index: null, every: true };
  const share = cpusPerTask === undefined ? undefined : Math.max(1, Math.floor(cpusPerTask / slots));
  return { slots, threads: threads ?? share ?? 1, device: chosen, elsewhere: chosen.kind !== 'cpu' };
}
