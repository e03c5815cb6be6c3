import { systemErrorCode, systemErrorIn, systemTrouble } from '@holdfast/durable';
import { firstTouched, ModelError, type ModelSource, resolveModel } from '@holdfast/gpu-runtime';
import type { WorkerOptions } from '../coordinate/worker-options.js';
import { ModelChangedError } from './model-changed-error.js';

/**
 * The model of the run, as it is now.
 *
 * @throws ModelChangedError if it is another, or no longer one: the command that planned the run could read it.
 */
export async function modelOfRun({
  model,
  overrides,
  proof,
  fingerprint,
}: Pick<WorkerOptions, 'model' | 'overrides' | 'proof' | 'fingerprint'>): Promise<ModelSource> {
  const touched = async () => (proof === undefined ? undefined : await firstTouched(proof));
  let source: ModelSource;
  try {
    source = await resolveModel(model, overrides, proof);
  } catch (error) {
    const path = isModelAtFault(error) ? error.path : undefined;
    if (path === undefined) throw error;
    throw new ModelChangedError((await touched()) ?? path);
  }
  if (source.fingerprint !== fingerprint) throw new ModelChangedError((await touched()) ?? source.folder);
  return source;
}

/** Whether the model cannot be read for a reason that stays. A file may go while it is read. */
function isModelAtFault(error: unknown): error is { path: string } {
  const system = systemErrorIn(error);
  if (error instanceof ModelError) return !systemTrouble(system)?.passing;
  return systemErrorCode(error) === 'ENOENT' && typeof (error as { path?: unknown }).path === 'string';
}
