import { ModelError, parseDevice, resolveModel } from '@holdfast/gpu-runtime';
import { print } from './print.js';
import { type Verdict, verdict } from './refusal.js';
import type { ModelTrial } from './try-model.js';

// A helper that loads a model, embeds a few residues, then as many as it claims to read. It prints each step before taking it;
// its report is the last line of its output.

async function attempt(): Promise<Verdict> {
  const { model, overrides, proof, device } = JSON.parse(process.argv[2] ?? '{}') as ModelTrial;
  try {
    const source = await resolveModel(model, overrides, proof);
    return await verdict(source, parseDevice(device), undefined, (stage) => print({ stage }));
  } catch (error) {
    return { refused: error instanceof ModelError ? error.message : null, passed: false };
  }
}
print(await attempt(), () => process.exit());
