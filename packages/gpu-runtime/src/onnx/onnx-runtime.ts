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

/** The ONNX Runtime that is installed. */
export interface OnnxRuntime {
  version: string;
  /** Folder of its package. */
  folder: string;
  /** Execution providers it was built for. Only {@link tryDevice} shows whether this machine can run one. */
  providers: string[];
  /** Those of them whose libraries came with the package; those of CUDA and TensorRT are fetched only where asked for. */
  installed: string[];
}

/** Providers that are libraries of their own. */
const SEPARATE: readonly string[] = ['cuda', 'tensorrt'];

/** The package's libraries for this machine. */
function filesOf(folder: string): string[] {
  const bin = join(folder, 'bin');
  return readdirSync(bin).flatMap((build) => {
    const place = join(bin, build, process.platform, process.arch);
    return existsSync(place) ? readdirSync(place) : [];
  });
}

/** Says which ONNX Runtime is installed, without starting it. */
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

/** The model that tests devices, beside the built-in ones: a transformer's operators in float32. */
const PROBE = 'probe';

/**
 * Has a device embed one short sequence, and compares the row with the CPU's. To be called in a process of its own: a device's
 * libraries may end the process, never answer, or write to standard error.
 *
 * @param builtIn the built-in model to try. Default: a small graph of the operators that transformers have. A device that
 * computes one may not compute the other: CUDA's ScatterElements adds whole numbers as if they were floats (onnxruntime#32061).
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
  const session = await openSession(source.modelPath, device, 1).catch((error: unknown) => {
    throw error instanceof DeviceError ? error.cause : error;
  });
  return new SessionModel(source, session).embed([new TextEncoder().encode('ACGTTGCAACGT')]);
}
