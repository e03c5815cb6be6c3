import type { ModelOverrides } from '@holdfast/gpu-runtime';
import { askProcess, scriptNamed } from './ask-process.js';
import { UsageError } from './errors.js';

/** What a trial says: why the model can embed nothing, or null. */
export interface TrialReport {
  refused: string | null;
}

/**
 * Finds out before a run is begun whether ONNX Runtime takes a model: only a session tells of an opset, an operator or
 * a shape that is not what its description says, and of a graph with fewer positions than it. In a process of its own, as sessions leak, and on the CPU, which takes
 * every good graph. A trial that ends without a report refuses nothing.
 *
 * @throws UsageError when the model is refused; the signal's reason.
 */
export async function tryModel(
  model: string,
  overrides: ModelOverrides | undefined,
  signal: AbortSignal,
): Promise<void> {
  const arg = JSON.stringify({ model, overrides });
  const { report } = await askProcess<TrialReport>(scriptNamed('model-trial'), arg, { signal });
  if (report?.refused) throw new UsageError(report.refused);
}
