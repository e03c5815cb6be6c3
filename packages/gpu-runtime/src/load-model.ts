import { checkOptions, object, whole } from '@holdfast/options';
import type { InferenceSession } from 'onnxruntime-node';
import { CPU, type Device, formatDevice, isDevice } from './device/device.js';
import { DeviceError } from './device/device-error.js';
import { type EmbeddingModel, SessionModel } from './embedding-model.js';
import { ModelError } from './model-error.js';
import { isSource, type ModelSource } from './model-source.js';
import { failureKind } from './onnx/failure-kind.js';
import { InferenceError } from './onnx/inference-error.js';
import { loadRemedy } from './onnx/load-remedy.js';
import { type CreateSession, openSession } from './onnx/open-session.js';
import { checkSession } from './onnx/session-check.js';

export interface LoadOptions {
  /** Threads that compute one batch. Default: 1, because each device or core has its own worker process. */
  intraOpThreads?: number;
  /** The device that computes. Default: the CPU. */
  device?: Device;
}

/** Most threads: beyond this, ONNX Runtime or the machine fails. */
const MOST_THREADS = 1024;

const loadOptions = object<LoadOptions>({ intraOpThreads: whole(1, MOST_THREADS), device: isDevice });

/**
 * Loads a model onto a device. A process should load one model once: a released session leaks some memory
 * (onnxruntime#25325).
 *
 * @throws DeviceError if the device is not available: there is no fallback; ModelError `model_load` if ONNX
 * Runtime refuses the graph, `model_mismatch` if the graph does not match its description; InferenceError of
 * kind `cuda_oom` if memory runs out; RangeError and TypeError for invalid options (`code` is
 * `invalid_option`).
 */
export function loadModel(source: ModelSource, options: LoadOptions = {}): Promise<EmbeddingModel> {
  return loadWith(undefined, source, options);
}

/** `loadModel` with a replaceable session. @param create opens the session; default: ONNX Runtime's. */
export async function loadWith(
  create: CreateSession | undefined,
  source: ModelSource,
  options: LoadOptions,
): Promise<EmbeddingModel> {
  checkOptions('loadModel', source, isSource, 'source');
  checkOptions('loadModel', options, loadOptions);
  const { intraOpThreads = 1, device = CPU } = options;
  if (source.precision === 'int8' && device.kind !== 'cpu')
    throw new ModelError(
      'model_unsupported',
      source.modelPath,
      `int8 is computed on the CPU only, not on ${formatDevice(device)}`,
      'choose the device cpu, or the precision fp32',
    );
  let session: InferenceSession;
  try {
    session = await openSession(source, device, intraOpThreads, create);
  } catch (error) {
    if (error instanceof DeviceError) throw error;
    if (failureKind(error) === 'cuda_oom') {
      throw new InferenceError({ model: source.name, sequences: 0, tokens: 0 }, error);
    }
    const errorText = error instanceof Error ? error.message : String(error);
    const what = `ONNX Runtime cannot load it (${errorText})`;
    throw new ModelError('model_load', source.modelPath, what, loadRemedy(errorText), { cause: error });
  }
  try {
    checkSession(source, session);
  } catch (error) {
    await session.release();
    throw error;
  }
  return new SessionModel(source, session, undefined, device);
}
