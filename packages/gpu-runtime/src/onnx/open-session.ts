import type { InferenceSession } from 'onnxruntime-node';
import { CPU, type Device, executionProvider, hasFusedOperators } from '../device/device.js';
import { DeviceError } from '../device/device-error.js';
import type { ModelSource } from '../model-source.js';
import { failureKind } from './failure-kind.js';
import { int8Saturates } from './int8-saturates.js';
import { ort } from './ort.js';

/** ONNX Runtime's level "fatal": errors are thrown, and need no second copy on stderr. */
const LOG_FATAL = 4;

/** Opens a session on a graph's file, or on its bytes; tests replace it. */
export type CreateSession = (
  graph: string | Uint8Array,
  options: InferenceSession.SessionOptions,
) => Promise<InferenceSession>;

const create: CreateSession = (graph, options) =>
  typeof graph === 'string'
    ? ort.InferenceSession.create(graph, options)
    : ort.InferenceSession.create(graph, options);

/**
 * Opens a session on this device only. ONNX Runtime runs operators that the device has no kernel for on the
 * CPU, but a missing device is an error.
 *
 * @throws DeviceError if the device is not available; ONNX Runtime's error for the graph, or for lack of
 * memory.
 */
export async function openSession(
  { modelPath, built, precision }: Pick<ModelSource, 'modelPath' | 'built' | 'precision'>,
  device: Device,
  intraOpThreads: number,
  open: CreateSession = create,
): Promise<InferenceSession> {
  const graphOn = ({ kind }: Device) =>
    (hasFusedOperators(kind) ? built?.model : (built?.plain ?? built?.model)) ?? modelPath;
  // Graphs from elsewhere may be quantized too; without such operators the option changes nothing.
  const exact = await int8Saturates(precision === 'int8' ? open : create);
  const options = (at: Device): InferenceSession.SessionOptions => ({
    executionProviders: [executionProvider(at)] as InferenceSession.ExecutionProviderConfig[],
    intraOpNumThreads: intraOpThreads,
    interOpNumThreads: 1,
    // Memory plans are kept for every shape seen, and batches have many shapes.
    enableMemPattern: false,
    logSeverityLevel: LOG_FATAL,
    ...((built || exact) && {
      extra: {
        session: {
          // ONNX Runtime maps the weights from the files where they lie.
          ...(built && { model_external_initializers_file_folder_path: built.folder }),
          // Slower products of two unsigned numbers, which are exact everywhere.
          ...(exact && { x64quantprecision: '1' }),
        },
      },
    }),
  });
  try {
    return await open(graphOn(device), options(device));
  } catch (error) {
    if (device.kind === 'cpu' || failureKind(error) === 'cuda_oom') throw error;
    // The graph or the device is at fault: the CPU accepts every good graph.
    const verdict = await open(graphOn(CPU), options(CPU)).then(
      (session) => session.release(),
      (refused: unknown) => ({ refused }),
    );
    throw verdict ? verdict.refused : new DeviceError(device, error);
  }
}
