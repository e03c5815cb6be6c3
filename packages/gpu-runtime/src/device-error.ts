import { type Device, formatDevice } from './device.js';

const REMEDY: Readonly<Partial<Record<Device['kind'], string>>> = {
  cuda: 'for CUDA, install onnxruntime-node with ONNXRUNTIME_NODE_INSTALL=cuda12 and the CUDA and cuDNN libraries it names',
  tensorrt: 'TensorRT needs the CUDA provider of onnxruntime-node and the TensorRT libraries',
};

/** A device that was asked for and cannot be had. Nothing is computed elsewhere instead. */
export class DeviceError extends Error {
  readonly code = 'device';
  override readonly name = 'DeviceError';

  constructor(
    readonly device: Device,
    cause: unknown,
  ) {
    const said = cause instanceof Error ? cause.message : String(cause);
    const remedy = REMEDY[device.kind];
    super(
      `${formatDevice(device)} cannot be used here (${firstLine(said)}); ${remedy === undefined ? '' : `${remedy}, or `}choose --device cpu or auto; holdfast doctor says what this machine has`,
      { cause },
    );
  }
}

const firstLine = (text: string) => text.split('\n', 1)[0]!;
