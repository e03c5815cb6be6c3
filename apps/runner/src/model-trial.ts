import { ModelError, parseDevice, resolveModel } from '@holdfast/gpu-runtime';
import { refusal } from './refusal.js';
import type { ModelTrial, TrialReport } from './try-model.js';

// A process of its own that loads a model and embeds a few residues with it, and then as many as it says it reads; its report
// is the last line of its output.
async function attempt(): Promise<TrialReport> {
  const { model, overrides, device } = JSON.parse(process.argv[2] ?? '{}') as ModelTrial;
  try {
    return { refused: await refusal(await resolveModel(model, overrides), parseDevice(device)) };
  } catch (error) {
    return { refused: error instanceof ModelError ? error.message : null };
  }
}
process.stdout.write(`\n${JSON.stringify(await attempt())}\n`, () => process.exit());
