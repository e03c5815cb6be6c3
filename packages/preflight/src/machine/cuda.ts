import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { OnnxRuntime } from '@holdfast/gpu-runtime';
import { askProgram } from '@holdfast/process';
import type { CudaFacts, GpuFacts } from './facts.js';
import { linkedCuda } from './linked-cuda.js';

/** Milliseconds; nvidia-smi may wait for a driver that starts. */
const TIME_LIMIT = 20_000;

/** What the provider for CUDA 12 is linked with or loads (onnxruntime.ai, CUDA execution provider, requirements), and the driver. */
export const LIBRARIES = librariesOf(12);

/** The same for a version of CUDA; read off ONNX Runtime 1.29's provider for 13. */
export function librariesOf(major: number): string[] {
  return [
    'libcuda.so.1',
    ...['cudart', 'cublas', 'cublasLt'].map((name) => `lib${name}.so.${major}`),
    `libcufft.so.${major - 1}`,
    'libcurand.so.10',
    'libcudnn.so.9',
  ];
}

/** CUDA's versions that ONNX Runtime has providers for; from its release 1.27 on, those for 12 are deprecated. */
const MAJORS = [13, 12] as const;

/** The NVIDIA GPUs, as nvidia-smi lists them. */
export async function findGpus(signal: AbortSignal): Promise<GpuFacts> {
  const query = ['--query-gpu=name,memory.total', '--format=csv,noheader,nounits'];
  const { stdout, failure } = await askProgram('nvidia-smi', query, { limitMs: TIME_LIMIT, signal });
  if (failure === null) return { found: gpusIn(stdout), problem: null };
  const { code, silent, message } = failure;
  if (code === 'ENOENT') return { found: [], problem: 'none: there is no nvidia-smi' };
  if (silent) return { found: [], problem: `nvidia-smi gave no answer within ${TIME_LIMIT / 1000} s` };
  return { found: [], problem: `nvidia-smi: ${(stdout.trim() || message).split('\n')[0]}` };
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

/** What there is of CUDA for the provider of the ONNX Runtime that is installed. */
export async function findCuda({ installed, folder }: CudaOf): Promise<CudaFacts> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return { providerInstalled: null, libraries: [] };
  const { stdout: cache } = await askProgram('/sbin/ldconfig', ['-p'], { limitMs: TIME_LIMIT });
  const paths = (process.env['LD_LIBRARY_PATH'] ?? '').split(':').filter(Boolean);
  const listed = await Promise.all(paths.map(namesIn));
  const names = listed.flat();
  const providerInstalled = installed.includes('cuda');
  const linked = providerInstalled ? await linkedCuda(providerIn(folder)) : null;
  return { providerInstalled, ...closestCuda(cache, names, linked) };
}

type CudaOf = Pick<OnnxRuntime, 'installed' | 'folder'>;

/** The provider's library in onnxruntime-node's package. */
const providerIn = (folder: string) => join(folder, 'bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so');

/**
 * The libraries of one version of CUDA: of that which the provider is linked with; where none is installed, of that which most
 * is there of, the newest first.
 */
export function closestCuda(
  cache: string,
  names: readonly string[],
  linked: number | null,
): Required<Pick<CudaFacts, 'version' | 'libraries'>> {
  const versions = (linked === null ? MAJORS : [linked]).map((version) => ({
    version,
    libraries: librariesIn(cache, names, librariesOf(version)),
  }));
  const there = ({ libraries }: (typeof versions)[0]) => libraries.filter(({ found }) => found).length;
  return versions.reduce((best, each) => (there(each) > there(best) ? each : best));
}

/** Which libraries the loader finds: by its cache as `ldconfig -p` prints it, or in the folders named beside it. */
export function librariesIn(
  cache: string,
  names: readonly string[],
  wanted: readonly string[] = LIBRARIES,
): CudaFacts['libraries'] {
  const known = new Set([...names, ...cache.split('\n').map((line) => line.trim().split(' ')[0])]);
  return wanted.map((name) => ({ name, found: known.has(name) }));
}

const namesIn = (folder: string) => readdir(folder).catch(() => [] as string[]);
