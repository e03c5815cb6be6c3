import { readdir } from 'node:fs/promises';
import { askProgram } from '../ask-program.js';
import type { CudaFacts, GpuFacts } from './facts.js';

/** Milliseconds; nvidia-smi may wait for a driver that starts. */
const TIME_LIMIT = 20_000;

/** What the CUDA 12 provider is linked with or loads (onnxruntime.ai, CUDA execution provider, requirements), and the driver. */
export const LIBRARIES = [
  'libcuda.so.1',
  'libcudart.so.12',
  'libcublas.so.12',
  'libcublasLt.so.12',
  'libcufft.so.11',
  'libcurand.so.10',
  'libcudnn.so.9',
];

/** The NVIDIA GPUs, as nvidia-smi lists them. */
export async function findGpus(signal: AbortSignal): Promise<GpuFacts> {
  const query = ['--query-gpu=name,memory.total', '--format=csv,noheader,nounits'];
  const { stdout, failure } = await askProgram('nvidia-smi', query, { limitMs: TIME_LIMIT, signal });
  if (failure === null) return { found: gpusIn(stdout), said: null };
  const { code, silent, message } = failure;
  if (code === 'ENOENT') return { found: [], said: 'none: there is no nvidia-smi' };
  if (silent) return { found: [], said: `nvidia-smi gave no answer within ${TIME_LIMIT / 1000} s` };
  return { found: [], said: `nvidia-smi: ${(stdout.trim() || message).split('\n')[0]}` };
}

/** Reads nvidia-smi's list, a `name, MiB` a line. */
export function gpusIn(csv: string): GpuFacts['found'] {
  return csv.split('\n').flatMap((line) => {
    const cut = line.lastIndexOf(',');
    return cut < 0
      ? []
      : [{ name: line.slice(0, cut).trim(), memoryMiB: Number.parseInt(line.slice(cut + 1), 10) || 0 }];
  });
}

/** What there is of CUDA for ONNX Runtime's provider. @param installed the providers whose libraries are there. */
export async function findCuda(installed: readonly string[]): Promise<CudaFacts> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return { providerInstalled: null, libraries: [] };
  const { stdout: cache } = await askProgram('/sbin/ldconfig', ['-p'], { limitMs: TIME_LIMIT });
  const paths = (process.env['LD_LIBRARY_PATH'] ?? '').split(':').filter(Boolean);
  const listed = await Promise.all(paths.map(namesIn));
  return { providerInstalled: installed.includes('cuda'), libraries: librariesIn(cache, listed.flat()) };
}

/** Which libraries the loader finds: by its cache as `ldconfig -p` prints it, or in the folders named beside it. */
export function librariesIn(cache: string, names: readonly string[]): CudaFacts['libraries'] {
  const known = new Set([...names, ...cache.split('\n').map((line) => line.trim().split(' ')[0])]);
  return LIBRARIES.map((name) => ({ name, found: known.has(name) }));
}

const namesIn = (folder: string) => readdir(folder).catch(() => [] as string[]);
