import { loadModel, ModelError, resolveModel } from '@holdfast/gpu-runtime';
import type { TrialReport } from './try-model.js';

// A process of its own that loads a model and embeds a few residues with it; its report is the last line of its output.
async function attempt(): Promise<TrialReport> {
  try {
    const { model, overrides } = JSON.parse(process.argv[2] ?? '{}');
    const loaded = await loadModel(await resolveModel(model, overrides));
    // Batches of two shapes, as some graphs give rows whose length is not always the same.
    for (const batch of [['ACGTACGTACGT'], ['ACGT', 'ACGTACGTACGTACGTACGT']])
      await loaded.embed(batch.map((residues) => Buffer.from(residues)));
    return { refused: null };
  } catch (error) {
    // Want of memory and the like may pass; workers meet it again and have policies for it.
    if (!(error instanceof ModelError)) return { refused: null };
    return { refused: error.message };
  }
}
process.stdout.write(`\n${JSON.stringify(await attempt())}\n`, () => process.exit());
