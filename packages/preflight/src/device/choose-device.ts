import { debuglog } from 'node:util';
import {
  automaticDevices,
  type Device,
  DeviceError,
  formatDevice,
  onnxRuntime,
  parseDevice,
} from '@holdfast/gpu-runtime';
import { type Waiting, waitingEvent } from '@holdfast/process';
import { TIME_LIMIT, tryProvider } from '../machine/providers.js';
import { PreflightError } from '../preflight-error.js';
import type { ReportPreflight } from '../preflight-events.js';

const debug = debuglog('holdfast:preflight');

/** The requested device; `every`: a kind without a number, so all devices of it may be used. */
export type DeviceWish = (Device & { every?: boolean }) | 'auto';

/** The device of a run, and warnings about the choice. */
export interface DeviceChoice {
  device: Device;
  warnings: string[];
}

export interface ChooseOptions {
  /** The device that the run on disk was begun on; undefined for a new run. */
  begunOn: string | undefined;
  /** Kinds of devices whose libraries are installed. Default: those that came with ONNX Runtime. */
  listed?: readonly string[];
  /** Why a device cannot be used; null if it can. Default: a helper tests it, with `report` and `signal`. */
  probe?: (device: Device) => Promise<string | null>;
  report?: ReportPreflight;
  signal?: AbortSignal;
  /** The run's model if it is built in: a device may compute other models correctly and these wrong. */
  builtIn?: string | undefined;
}

/**
 * Chooses a run's device. `auto` stays on the kind that the run was begun on, since numbers differ in their last digits between
 * kinds; a new run gets the fastest that works. A named device is used, or is an error.
 *
 * @throws DeviceError if a named device cannot be used; PreflightError if the one the run was begun on cannot.
 */
export async function chooseDevice(
  wish: DeviceWish,
  {
    begunOn,
    listed = onnxRuntime().installed,
    report,
    signal,
    builtIn,
    probe = tryInProcess(report, signal, builtIn),
  }: ChooseOptions,
): Promise<DeviceChoice> {
  const obstacle = async (device: Device) => {
    const reason = device.kind === 'cpu' ? null : await probe(device);
    debug('device %s: %s', formatDevice(device), reason ?? 'works');
    return reason;
  };
  if (wish !== 'auto') {
    const reason = await obstacle(wish);
    if (reason !== null) throw new DeviceError(wish, reason);
    const other = begunOn !== undefined && parseDevice(begunOn).kind !== wish.kind;
    const warning = `the run was begun on ${begunOn}; rows computed on ${formatDevice(wish)} may differ from earlier ones in their last digits`;
    return { device: wish, warnings: other ? [warning] : [] };
  }
  if (begunOn !== undefined) {
    const device = parseDevice(begunOn);
    const reason = await obstacle(device);
    if (reason === null) return { device, warnings: [] };
    throw new PreflightError(
      `the run was begun on ${begunOn}, which cannot be used now (${reason}); rerun the same command on a machine where it works, or add --device cpu to resume there, with rows that may differ in their last digits`,
    );
  }
  const warnings: string[] = [];
  for (const device of automaticDevices(listed)) {
    const reason = await obstacle(device);
    if (reason === null) return { device, warnings };
    warnings.push(`skipping ${formatDevice(device)}: ${reason}`);
  }
  throw new Error('no device, not even the CPU');
}

const tryInProcess =
  (
    report: ReportPreflight = () => undefined,
    signal: AbortSignal = new AbortController().signal,
    builtIn: string | undefined = undefined,
  ) =>
  async (device: Device) => {
    const name = formatDevice(device);
    report({ type: 'trying_device', device: name, limit_seconds: TIME_LIMIT / 1000 });
    const onWaiting = (waiting: Waiting) => report(waitingEvent(`the trial of the device ${name}`, waiting));
    return (await tryProvider(name, signal, undefined, undefined, onWaiting, builtIn)).problem;
  };
