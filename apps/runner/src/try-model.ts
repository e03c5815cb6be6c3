import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ModelOverrides } from '@holdfast/gpu-runtime';
import { UsageError } from './errors.js';

/** What a trial says: why the model can embed nothing, or null. */
export interface TrialReport {
  refused: string | null;
}

/**
 * Finds out before anything is written whether ONNX Runtime takes a model: only a session tells of an opset, an operator or
 * a shape that is not what its description says. In a process of its own, as sessions leak, and on the CPU, which takes
 * every good graph. A trial that ends without a report refuses nothing.
 *
 * @throws UsageError when the model is refused; the signal's reason.
 */
export async function tryModel(
  model: string,
  overrides: ModelOverrides | undefined,
  signal: AbortSignal,
): Promise<void> {
  const script = fileURLToPath(new URL('./model-trial.js', import.meta.url));
  const args = [script, JSON.stringify({ model, overrides })];
  const said = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, { signal, killSignal: 'SIGKILL' }, (_, stdout) => resolve(stdout));
  });
  signal.throwIfAborted();
  const refused = reported(said);
  if (refused !== null) throw new UsageError(refused);
}

function reported(said: string): string | null {
  try {
    return (JSON.parse(said.trimEnd().split('\n').at(-1) ?? '') as TrialReport).refused;
  } catch {
    return null;
  }
}
