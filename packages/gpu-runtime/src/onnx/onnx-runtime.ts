import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { checkOptions, oneOf } from '@holdfast/options';
import { BUILT_IN, builtInFolder } from '../built-in.js';
import { CPU, type Device, isDevice } from '../device/device.js';
import { DeviceError } from '../device/device-error.js';
import { wrongShares } from '../device/wrong-shares.js';
import { SessionModel } from '../embedding-model.js';
import { resolveModel } from '../resolve-model.js';
import { openSession } from './open-session.js';
import { ort } from './ort.js';

/** The installed ONNX Runtime. */
export interface OnnxRuntime {
  version: string;
  /** Folder of its package. */
  folder: string;
  /** Execution providers in this build. Only {@link tryDevice} shows whether this machine can run one. */
  providers: string[];
  /** Those whose libraries are installed; the package fetches those of CUDA and TensorRT only on request. */
  installed: string[];
}

/** Providers with separate libraries. */
const SEPARATE: readonly string[] = ['cuda', 'tensorrt'];

/** The package's libraries for this machine. */
function filesOf(folder: string): string[] {
  const bin = join(folder, 'bin');
  return readdirSync(bin).flatMap((build) => {
    const place = join(bin, build, process.platform, process.arch);
    return existsSync(place) ? readdirSync(place) : [];
  });
}

/** Describes the installed ONNX Runtime without starting it. */
export function onnxRuntime(): OnnxRuntime {
  const manifest = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
  const { version } = createRequire(manifest)(manifest) as { version: string };
  const folder = dirname(manifest);
  const providers = ort.listSupportedBackends().map(({ name }) => name);
  const libraries = filesOf(folder);
  const installed = providers.filter(
    (name) => !SEPARATE.includes(name) || libraries.some((file) => file.includes(`providers_${name}`)),
  );
  return { version, folder, providers, installed };
}

/** The model that tests devices besides the built-in ones: a transformer's operators in float32. */
const PROBE = 'probe';

/**
 * Embeds one short sequence on a device and compares the row with the CPU's. Call it in a separate process: a
 * device's libraries may crash, hang or write to standard error.
 *
 * @param builtIn the built-in model to test. Default: a small graph of transformer operators. A device may
 * run one and not the other: CUDA's ScatterElements adds integers as if they were floats (onnxruntime#32061).
 * @throws ONNX Runtime's error, or an Error for a wrong row.
 */
export async function tryDevice(device: Device, builtIn?: string): Promise<void> {
  checkOptions('tryDevice', device, isDevice, 'device');
  if (builtIn !== undefined) checkOptions('tryDevice', builtIn, oneOf(BUILT_IN), 'builtIn');
  const row = await probeRow(device, builtIn);
  const right = device.kind === 'cpu' ? row : await probeRow(CPU, builtIn);
  const wrong = wrongShares(row, right);
  if (wrong !== null) throw new Error(`it computes wrong numbers: ${wrong}`);
}

async function probeRow(device: Device, builtIn: string | undefined): Promise<Float32Array> {
  const source = await resolveModel(builtIn ?? builtInFolder(PROBE));
  const session = await openSession(source, device, 1).catch((error: unknown) => {
    throw error instanceof DeviceError ? error.cause : error;
  });
  return new SessionModel(source, session).embed([new TextEncoder().encode('ACGTTGCAACGT')]);
}
