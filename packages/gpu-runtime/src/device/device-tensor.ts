import { fromFloat16 } from './float16.js';

/** A tensor that may be in a device's memory, which only the device can read; ONNX Runtime's own have this shape. */
export interface DeviceTensor {
  readonly type: string;
  readonly dims: readonly number[];
  /** `cpu` where the host can read it, else the device's memory, such as `gpu-buffer`. */
  readonly location: string;
  /** The numbers on the host: a download where they are on a device. */
  getData(): Promise<unknown>;
  /** Gives back its memory; it must not be used any more. */
  dispose(): void;
}

/**
 * Brings a tensor's numbers to the host and frees its device memory, whether or not that succeeded.
 *
 * @returns float32 numbers, row-major; null where the tensor is neither float32 nor float16.
 */
export async function download(tensor: DeviceTensor): Promise<Float32Array | null> {
  try {
    if (tensor.type !== 'float32' && tensor.type !== 'float16') return null;
    const data = await tensor.getData();
    if (tensor.type === 'float16' && ArrayBuffer.isView(data)) return fromFloat16(data);
    return data instanceof Float32Array ? data : null;
  } finally {
    tensor.dispose();
  }
}
