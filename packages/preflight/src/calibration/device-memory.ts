import type { Device } from '@holdfast/gpu-runtime';
import { askProgram } from '@holdfast/process';

/** The share of free memory that all workers may use while measuring: longer sequences need more per token. */
const SHARE = 0.5;

/** Milliseconds. */
const TIME_LIMIT = 5_000;

interface Memory {
  /** Bytes held, by this process on the host and by all on a GPU. */
  used: number;
  free: number;
}

/**
 * Measures how much memory this process has taken since this call, as a share of what one of several workers may take: of the
 * host's memory or of an NVIDIA GPU's, whichever share is larger.
 */
export async function memoryWatch(device: Device, workers: number): Promise<() => Promise<number>> {
  const before = await memories(device);
  return async () => {
    const now = await memories(device);
    const shares = now
      .slice(0, before.length)
      .map(({ used }, i) => ((used - before[i]!.used) * workers) / Math.max(1, before[i]!.free * SHARE));
    return Math.max(0, ...shares);
  };
}

/** The host's memory, and the GPU's if nvidia-smi reports it. */
async function memories(device: Device): Promise<Memory[]> {
  const host = { used: process.memoryUsage.rss(), free: process.availableMemory() };
  const gpu = device.kind === 'cuda' || device.kind === 'tensorrt' ? await ofGpu(device.index ?? 0) : null;
  return gpu === null ? [host] : [host, gpu];
}

async function ofGpu(index: number): Promise<Memory | null> {
  const visible = process.env['CUDA_VISIBLE_DEVICES']?.split(',')[index]?.trim() || `${index}`;
  const query = ['-i', visible, '--query-gpu=memory.used,memory.free', '--format=csv,noheader,nounits'];
  const { stdout, failure } = await askProgram('nvidia-smi', query, { limitMs: TIME_LIMIT });
  return failure === null ? memoryIn(stdout) : null;
}

/** Reads nvidia-smi's line of used and free MiB; null where it is something else. */
export function memoryIn(csv: string): Memory | null {
  const [used, free] = csv.split(',').map((part) => Number.parseInt(part, 10) * 1024 * 1024);
  return Number.isFinite(used) && Number.isFinite(free) ? { used: used!, free: free! } : null;
}
