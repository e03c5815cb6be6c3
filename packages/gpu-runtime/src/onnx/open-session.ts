import type { InferenceSession } from 'onnxruntime-node';
import { CPU, type Device, executionProvider } from '../device/device.js';
import { DeviceError } from '../device/device-error.js';
import { failureKind } from './failure-kind.js';
import { ort } from './ort.js';

/** ONNX Runtime's level "fatal": errors are thrown, and need no second copy on stderr. */
const LOG_FATAL = 4;

/** Opens a session; tests replace it. */
export type CreateSession = (
  path: string,
  options: InferenceSession.SessionOptions,
) => Promise<InferenceSession>;

/**
 * Opens a session on this device only. ONNX Runtime runs operators that the device has no kernel for on the
 * CPU, but a missing device is an error.
 *
 * @throws DeviceError if the device is not available; ONNX Runtime's error for the graph, or for lack of
 * memory.
 */
export async function openSession(
  path: string,
  device: Device,
  intraOpThreads: number,
  create: CreateSession = (...args) => ort.InferenceSession.create(...args),
): Promise<InferenceSession> {
  const options = (at: Device): InferenceSession.SessionOptions => ({
    executionProviders: [executionProvider(at)] as InferenceSession.ExecutionProviderConfig[],
    intraOpNumThreads: intraOpThreads,
    interOpNumThreads: 1,
    // Memory plans are kept for every shape seen, and batches have many shapes.
    enableMemPattern: false,
    logSeverityLevel: LOG_FATAL,
  });
  try {
    return await create(path, options(device));
  } catch (error) {
    if (device.kind === 'cpu' || failureKind(error) === 'cuda_oom') throw error;
    // The graph or the device is at fault: the CPU accepts every good graph.
    const graph = await create(path, options(CPU)).then(
      (session) => session.release(),
      (refused: unknown) => ({ refused }),
    );
    throw graph ? graph.refused : new DeviceError(device, error);
  }
}
