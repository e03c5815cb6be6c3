import { ModelError, parseDevice, resolveModel } from '@holdfast/gpu-runtime';
import { refusal } from './refusal.js';
import type { ModelTrial, TrialReport } from './try-model.js';

// A helper that loads a model, embeds a few residues, then as many as it claims to read. It prints each step before taking it;
// its report is the last line of its output.
const print = (line: object, then?: () => void) =>
  void process.stdout.write(`\n${JSON.stringify(line)}\n`, then);

async function attempt(): Promise<TrialReport> {
  const { model, overrides, device } = JSON.parse(process.argv[2] ?? '{}') as ModelTrial;
  try {
    const source = await resolveModel(model, overrides);
    return { refused: await refusal(source, parseDevice(device), undefined, (stage) => print({ stage })) };
  } catch (error) {
    return { refused: error instanceof ModelError ? error.message : null };
  }
}
print(await attempt(), () => process.exit());
