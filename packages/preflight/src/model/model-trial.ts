import { ModelError, parseDevice, resolveModel } from '@holdfast/gpu-runtime';
import { refusal } from './refusal.js';
import type { ModelTrial, TrialReport } from './try-model.js';

// A process of its own that loads a model and embeds a few residues with it, and then as many as it says it reads. Before each
// step it says what it does; its report is the last line of its output.
const say = (line: object, then?: () => void) =>
  void process.stdout.write(`\n${JSON.stringify(line)}\n`, then);

async function attempt(): Promise<TrialReport> {
  const { model, overrides, device } = JSON.parse(process.argv[2] ?? '{}') as ModelTrial;
  try {
    const source = await resolveModel(model, overrides);
    return { refused: await refusal(source, parseDevice(device), undefined, (stage) => say({ stage })) };
  } catch (error) {
    return { refused: error instanceof ModelError ? error.message : null };
  }
}
say(await attempt(), () => process.exit());
