import {
  array,
  type Check,
  checkOptions,
  OptionRangeError,
  object,
  oneOf,
  required,
  text as string,
  value,
} from '@holdfast/options';

/** A kind of device: an execution provider of ONNX Runtime. */
export type DeviceKind = 'cpu' | 'cuda' | 'tensorrt' | 'webgpu' | 'coreml' | 'dml';

/** One device. `index` numbers the devices of a kind, from 0; null if the kind has no numbers. */
export interface Device {
  kind: DeviceKind;
  index: number | null;
}

export const CPU: Device = { kind: 'cpu', index: null };

const NUMBERED: readonly DeviceKind[] = ['cuda', 'tensorrt', 'dml'];
export const KINDS: readonly DeviceKind[] = ['cpu', ...NUMBERED, 'webgpu', 'coreml'];

/**
 * Kinds that `auto` looks for, fastest first. TensorRT takes minutes to start and WebGPU needs a display
 * driver: they are used on request only.
 */
const BY_ITSELF: readonly DeviceKind[] = ['cuda', 'coreml', 'dml'];

/** Device names, for messages. */
const NAMES = KINDS.map((each) => (NUMBERED.includes(each) ? `${each}[:N]` : each)).join(', ');

/** The device with this name, or null. */
function named(text: string): Device | null {
  const [, name, number] = /^([a-z]+)(?::(\d{1,3}))?$/.exec(text) ?? [];
  const kind = KINDS.find((each) => each === name);
  const numbered = kind !== undefined && NUMBERED.includes(kind);
  if (kind === undefined || (number !== undefined && !numbered)) return null;
  return { kind, index: numbered ? Number(number ?? 0) : null };
}

/**
 * Parses a device's name: `cpu`, `cuda`, `cuda:1`, … A numbered kind without a number means its first device.
 *
 * @throws RangeError that lists the names; TypeError for anything but a string (`code` is `invalid_option`).
 */
export function parseDevice(text: string): Device {
  checkOptions('parseDevice', text, required(string), 'text');
  const device = named(text);
  if (device !== null) return device;
  const refused = { of: 'parseDevice', option: 'text', given: text };
  throw new OptionRangeError(`'${text}' is not a device; choose one of: auto, ${NAMES}`, refused);
}

const isKind = required(oneOf(KINDS));
const isDeviceIndex = required(
  value(
    'null or a whole number of at least 0',
    (given) => given === null || (Number.isSafeInteger(given) && (given as number) >= 0),
  ),
);
const deviceObject = object<Device>({ kind: isKind, index: isDeviceIndex });

/** A device without extra fields. The error for a name shows the `parseDevice` call that parses it. */
export const isDevice: Check = (given, path) => {
  const fault = deviceObject(given, path);
  if (fault === null || fault.path !== path || fault.kind !== 'type') return fault;
  const isName = typeof given === 'string' && named(given) !== null;
  return {
    ...fault,
    wanted: `the result of parseDevice('${isName ? given : 'cuda:0'}'); devices are ${NAMES}`,
  };
};

/**
 * A device's name, as `parseDevice` reads it.
 *
 * @throws RangeError and TypeError for anything but a device (`code` is `invalid_option`).
 */
export function formatDevice(device: Device): string {
  if (typeof device !== 'object' || device === null)
    checkOptions('formatDevice', device, required(isDevice), 'device');
  const { kind, index } = device;
  checkOptions('formatDevice', kind, isKind, 'device.kind');
  checkOptions('formatDevice', index, isDeviceIndex, 'device.index');
  return nameOf(device);
}

/** `formatDevice` for a device that has been checked. */
export const nameOf = ({ kind, index }: Device): string => (index === null ? kind : `${kind}:${index}`);

/**
 * The devices that `auto` tests, in order: those whose libraries are present, and last the CPU.
 *
 * @param listed names of execution providers, as in `onnxRuntime().installed`.
 * @throws TypeError for anything but an array of strings (`code` is `invalid_option`).
 */
export function automaticDevices(listed: readonly string[]): Device[] {
  checkOptions('automaticDevices', listed, array(string, 'names of execution providers'), 'listed');
  const found = BY_ITSELF.filter((kind) => listed.includes(kind));
  return [...found.map((kind) => parseDevice(kind)), CPU];
}

/** A device in the form of ONNX Runtime's session options. */
export function executionProvider({ kind, index }: Device): { name: DeviceKind; deviceId?: number } {
  return index === null ? { name: kind } : { name: kind, deviceId: index };
}

/**
 * Whether a kind of device has kernels for ONNX Runtime's own operators, such as attention in one. The others would hand each of
 * these to the CPU, and copy what it takes and makes.
 */
export const hasFusedOperators = (kind: DeviceKind): boolean => kind !== 'tensorrt' && kind !== 'coreml';
