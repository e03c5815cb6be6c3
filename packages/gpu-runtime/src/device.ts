/** Where a model computes: an execution provider of ONNX Runtime. */
export type DeviceKind = 'cpu' | 'cuda' | 'tensorrt' | 'webgpu' | 'coreml' | 'dml';

/** One device. `index` tells several of a kind apart, from 0; null where the kind has no numbers. */
export interface Device {
  kind: DeviceKind;
  index: number | null;
}

export const CPU: Device = { kind: 'cpu', index: null };

const NUMBERED: readonly DeviceKind[] = ['cuda', 'tensorrt', 'dml'];
export const KINDS: readonly DeviceKind[] = ['cpu', ...NUMBERED, 'webgpu', 'coreml'];

/** Kinds that `auto` looks for, the fastest first. TensorRT takes minutes to begin, WebGPU needs a display driver: on request only. */
const BY_ITSELF: readonly DeviceKind[] = ['cuda', 'coreml', 'dml'];

/**
 * Reads the name of a device: `cpu`, `cuda`, `cuda:1`, … A numbered kind without a number is its first.
 *
 * @throws RangeError that says what there is.
 */
export function parseDevice(text: string): Device {
  const [, name, number] = /^([a-z]+)(?::(\d{1,3}))?$/.exec(text) ?? [];
  const kind = KINDS.find((each) => each === name);
  const numbered = kind !== undefined && NUMBERED.includes(kind);
  if (kind === undefined || (number !== undefined && !numbered)) {
    const names = KINDS.map((each) => (NUMBERED.includes(each) ? `${each}[:N]` : each));
    throw new RangeError(`'${text}' is no device; there are: auto, ${names.join(', ')}`);
  }
  return { kind, index: numbered ? Number(number ?? 0) : null };
}

/** A device's name, as `parseDevice` reads it. */
export const formatDevice = ({ kind, index }: Device) => (index === null ? kind : `${kind}:${index}`);

/** What `auto` tries, in this order, of the kinds whose libraries are there. The last is the CPU, which is always there. */
export function automaticDevices(listed: readonly string[]): Device[] {
  const found = BY_ITSELF.filter((kind) => listed.includes(kind));
  return [...found.map((kind) => parseDevice(kind)), CPU];
}

/** A device as ONNX Runtime's session options have it. */
export function executionProvider({ kind, index }: Device): { name: DeviceKind; deviceId?: number } {
  return index === null ? { name: kind } : { name: kind, deviceId: index };
}
