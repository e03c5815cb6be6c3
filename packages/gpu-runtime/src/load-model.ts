import { InferenceSession } from 'onnxruntime-node';
import { type EmbeddingModel, SessionModel } from './embedding-model.js';
import { failureKind } from './failure-kind.js';
import { InferenceError } from './inference-error.js';
import { ModelError } from './model-error.js';
import type { ModelSource } from './model-source.js';
import { checkSession } from './session-check.js';

export interface LoadOptions {
  /** Threads that compute one batch. Default: 1, as one worker process is started for each device or core. */
  intraOpThreads?: number;
}

/** ONNX Runtime's level "fatal": every error comes back as an exception, and needs no second copy on stderr. */
const LOG_FATAL = 4;

/**
 * Loads a model onto the CPU. A process should load one model once: sessions leak some memory when they are released (onnxruntime#25325).
 *
 * @throws ModelError `model_load` if ONNX Runtime refuses the graph, `model_mismatch` if the graph is not as described;
 * InferenceError of kind `cuda_oom` if there was too little memory.
 */
export async function loadModel(
  source: ModelSource,
  { intraOpThreads = 1 }: LoadOptions = {},
): Promise<EmbeddingModel> {
  let session: InferenceSession;
  try {
    session = await InferenceSession.create(source.modelPath, {
      executionProviders: ['cpu'],
      intraOpNumThreads: intraOpThreads,
      interOpNumThreads: 1,
      // Plans are kept for every shape seen, and batches have many.
      enableMemPattern: false,
      logSeverityLevel: LOG_FATAL,
    });
  } catch (error) {
    if (failureKind(error) === 'cuda_oom') {
      throw new InferenceError({ model: source.name, sequences: 0, tokens: 0 }, error);
    }
    const said = error instanceof Error ? error.message : String(error);
    const what = `ONNX Runtime cannot load it (${said})`;
    throw new ModelError('model_load', source.modelPath, what, 'export or copy it again', { cause: error });
  }
  try {
    checkSession(source, session);
  } catch (error) {
    await session.release();
    throw error;
  }
  return new SessionModel(source, session);
}
