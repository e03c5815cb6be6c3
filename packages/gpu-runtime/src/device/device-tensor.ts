import { float32Of } from '@holdfast/pt-serializer';

/** A tensor that may be in device memory, which the host cannot read; shaped like ONNX Runtime's own. */
export interface DeviceTensor {
  readonly type: string;
  readonly dims: readonly number[];
  /** `cpu` if the host can read it, else the device's memory, such as `gpu-buffer`. */
  readonly location: string;
  /** The numbers on the host; downloads them from a device. */
  getData(): Promise<unknown>;
  /** Frees its memory; the tensor must not be used afterwards. */
  dispose(): void;
}

/**
 * Downloads a tensor's numbers and frees its device memory, even if the download fails.
 *
 * @returns float32 numbers, row-major; null if the tensor is neither float32 nor float16.
 */
export async function download(tensor: DeviceTensor): Promise<Float32Array | null> {
  try {
    if (tensor.type !== 'float32' && tensor.type !== 'float16') return null;
    const data = await tensor.getData();
    // Their bits, or a Float16Array if the engine has one.
    if (tensor.type === 'float16' && ArrayBuffer.isView(data))
      return float32Of('float16', new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return data instanceof Float32Array ? data : null;
  } finally {
    tensor.dispose();
  }
}
