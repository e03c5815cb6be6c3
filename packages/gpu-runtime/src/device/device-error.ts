import { type Device, nameOf } from './device.js';

const REMEDY: Readonly<Partial<Record<Device['kind'], string>>> = {
  cuda: 'for CUDA, install onnxruntime-node with ONNXRUNTIME_NODE_INSTALL=cuda12 and the CUDA and cuDNN libraries it names',
  tensorrt: 'TensorRT needs the CUDA provider of onnxruntime-node and the TensorRT libraries',
};

/** CUDA errors that missing libraries do not explain, with their remedies. */
const OF_GPUS: readonly (readonly [RegExp, string])[] = [
  [/driver version is insufficient|forward compatibility/i, 'update the NVIDIA driver'],
  [/invalid device ordinal/i, 'choose a number that nvidia-smi lists'],
  [
    /no CUDA-capable device|no CUDA devices/i,
    'check that nvidia-smi lists a GPU and that CUDA_VISIBLE_DEVICES does not hide it',
  ],
  [/busy or unavailable|exclusive|in use/i, 'stop the process that uses it, or wait for it to finish'],
];

const NO_ADAPTER = /WebGPU adapter/i;
/** Dawn loads the system's Vulkan loader, which loads the GPU's driver. */
const VULKAN =
  "WebGPU needs the Vulkan loader (libvulkan.so.1, in Debian's package libvulkan1) and the GPU's Vulkan driver: install what is missing";

/** The remedy for a device that is not available, by its error text. */
export function deviceRemedy(
  kind: Device['kind'],
  errorText: string,
  platform: string = process.platform,
): string | undefined {
  if (/computes wrong numbers/.test(errorText)) return undefined;
  if (kind === 'webgpu') return platform === 'linux' && NO_ADAPTER.test(errorText) ? VULKAN : undefined;
  const gpu = kind === 'cuda' || kind === 'tensorrt';
  return (gpu ? OF_GPUS.find(([words]) => words.test(errorText))?.[1] : undefined) ?? REMEDY[kind];
}

/** A requested device is not available. There is no fallback to another. */
export class DeviceError extends Error {
  readonly code = 'device';
  override readonly name = 'DeviceError';

  constructor(
    readonly device: Device,
    cause: unknown,
  ) {
    const errorText = cause instanceof Error ? cause.message : String(cause);
    const remedy = deviceRemedy(device.kind, errorText);
    super(
      `${nameOf(device)} cannot be used here (${firstLine(errorText)}); ${remedy === undefined ? '' : `${remedy}, or `}choose --device cpu or auto; holdfast doctor shows what this machine has`,
      { cause },
    );
  }
}

const firstLine = (text: string) => text.split('\n', 1)[0]!;
