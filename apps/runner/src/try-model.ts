import { type Device, formatDevice, type ModelOverrides } from '@holdfast/gpu-runtime';
import { askProcess, scriptNamed } from './ask-process.js';
import { UsageError } from './errors.js';

/** What is tried, as it crosses to the process that tries it. */
export interface ModelTrial {
  model: string;
  overrides: ModelOverrides | undefined;
  /** Name of the device. */
  device: string;
}

/** What a trial says: why the model can embed nothing, or null. */
export interface TrialReport {
  refused: string | null;
}

/**
 * Finds out before a run is begun whether a model embeds on the device that the run is for: only a session tells of an opset, an
 * operator or a shape that is not what its description says, of a graph that takes one shape of batches only, and of one with fewer
 * positions than its description. In a process of its own, as sessions leak. A trial that ends without a report refuses nothing.
 *
 * @throws UsageError when the model is refused; the signal's reason.
 */
export async function tryModel(
  model: string,
  overrides: ModelOverrides | undefined,
  device: Device,
  signal: AbortSignal,
): Promise<void> {
  const trial: ModelTrial = { model, overrides, device: formatDevice(device) };
  const { report } = await askProcess<TrialReport>(scriptNamed('model-trial'), JSON.stringify(trial), {
    signal,
  });
  if (report?.refused) throw new UsageError(report.refused);
}
