import { availableParallelism } from 'node:os';
import {
  type EmbeddingModel,
  InferenceError,
  loadModel,
  ModelError,
  resolveModel,
} from '@holdfast/gpu-runtime';
import { longestTrial, refusedLongest } from './longest-trial.js';
import type { TrialReport } from './try-model.js';

// A process of its own that loads a model and embeds a few residues with it, and then as many as it says it reads; its report
// is the last line of its output.
async function attempt(): Promise<TrialReport> {
  try {
    const { model, overrides } = JSON.parse(process.argv[2] ?? '{}');
    const source = await resolveModel(model, overrides);
    const loaded = await loadModel(source, { intraOpThreads: availableParallelism() });
    // Batches of two shapes, as some graphs give rows whose length is not always the same.
    for (const batch of [['ACGTACGTACGT'], ['ACGT', 'ACGTACGTACGTACGTACGT']])
      await loaded.embed(batch.map((residues) => Buffer.from(residues)));
    return { refused: await refusalOfLongest(loaded) };
  } catch (error) {
    // Want of memory and the like may pass; workers meet it again and have policies for it.
    if (!(error instanceof ModelError)) return { refused: null };
    return { refused: error.message };
  }
}

async function refusalOfLongest(loaded: EmbeddingModel): Promise<string | null> {
  const sequence = longestTrial(loaded.source);
  try {
    await loaded.embed([Buffer.from(sequence)]);
    return null;
  } catch (error) {
    const reason = error instanceof InferenceError ? error.cause : error;
    if (error instanceof InferenceError ? error.kind === 'cuda_oom' : !(error instanceof ModelError))
      throw error;
    return refusedLongest(
      loaded.source,
      sequence.length,
      reason instanceof Error ? reason.message : String(reason),
    );
  }
}
process.stdout.write(`\n${JSON.stringify(await attempt())}\n`, () => process.exit());
