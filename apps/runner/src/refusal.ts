import { availableParallelism } from 'node:os';
import {
  CPU,
  type Device,
  DeviceError,
  type EmbeddingModel,
  InferenceError,
  loadModel,
  ModelError,
  type ModelSource,
  tokenCounts,
} from '@holdfast/gpu-runtime';
import { longestTrial, refusedLongest } from './longest-trial.js';
import { nonFiniteRows } from './non-finite-rows.js';
import { PLAIN_RESIDUES } from './unfit-device.js';

/** Batches of two shapes, of residues that every model knows: a graph may take one shape only, or give rows of another length for each. */
const SHORT: readonly (readonly string[])[] = [[PLAIN_RESIDUES], ['ACGT', 'ACGTACGTACGTACGTACGT']];
/** Residues that tell whether a model takes them at all. */
const FEW = 8;

type Load = (
  source: ModelSource,
  options: { device: Device; intraOpThreads: number },
) => Promise<Pick<EmbeddingModel, 'embed'>>;

/**
 * Why a model can embed nothing on a device, or null: it cannot be loaded there, fails on short sequences of plain residues or
 * gives no numbers for them, or fails on the longest that it is said to read. Want of memory refuses nothing, as it may pass.
 *
 * @param load replaced by tests.
 */
export async function refusal(
  source: ModelSource,
  device: Device,
  load: Load = loadModel,
): Promise<string | null> {
  const on = (where: Device) => load(source, { device: where, intraOpThreads: availableParallelism() });
  try {
    const model = await on(device);
    const said = (await refusalOfShort(source, model)) ?? (await refusalOfLongest(source, model));
    if (said !== null || device.kind === 'cpu') return said;
  } catch (error) {
    // What may pass is met again by workers, who have policies for it.
    return error instanceof ModelError || error instanceof DeviceError ? error.message : null;
  }
  try {
    // Other devices may read past the end of a table of positions without a word. The CPU tells, where it takes the graph.
    const model = await on(CPU);
    return (await refusalOfShort(source, model)) === null ? await refusalOfLongest(source, model) : null;
  } catch {
    return null;
  }
}

async function refusalOfShort(
  { modelPath, dim }: ModelSource,
  model: Pick<EmbeddingModel, 'embed'>,
): Promise<string | null> {
  for (const batch of SHORT) {
    const { rows, failure } = await attempt(model, batch);
    if (failure !== null) {
      return `${modelPath}: fails on short sequences of plain residues (${failure}), so that it would on all; export it anew, with dynamic axes for batch and sequence`;
    }
    const [fault] = nonFiniteRows(rows, dim);
    if (fault !== undefined) {
      return `${modelPath}: gives ${fault.value} for plain residues (${batch[fault.row]}, in column ${fault.column}), so that it would for all; export it anew, in float32 if it is of less`;
    }
  }
  return null;
}

async function refusalOfLongest(
  source: ModelSource,
  model: Pick<EmbeddingModel, 'embed'>,
): Promise<string | null> {
  const counts = (sequences: readonly string[]) =>
    tokenCounts(
      source,
      sequences.map((residues) => Buffer.from(residues)),
    );
  const failureOf = (sequence: string) =>
    attempt(model, [sequence]).then(
      ({ failure }) => failure,
      (error: unknown) => {
        if (!(error instanceof ModelError)) throw error;
        return error.message;
      },
    );
  for (const sequence of [longestTrial(source, counts), longestTrial(source)]) {
    // Residues that the model fails on anyhow tell nothing of the length.
    if ((await failureOf(sequence.slice(0, FEW))) !== null) continue;
    const failure = await failureOf(sequence);
    return failure === null ? null : refusedLongest(source, sequence.length, failure);
  }
  return null;
}

type Attempt = { rows: Float32Array; failure: null } | { rows: null; failure: string };

/** @throws what is no failure of the model: want of memory above all; ModelError for rows that are not as described. */
async function attempt(model: Pick<EmbeddingModel, 'embed'>, batch: readonly string[]): Promise<Attempt> {
  try {
    return { rows: await model.embed(batch.map((residues) => Buffer.from(residues))), failure: null };
  } catch (error) {
    if (!(error instanceof InferenceError) || error.kind === 'cuda_oom') throw error;
    const { cause } = error;
    return { rows: null, failure: cause instanceof Error ? cause.message : String(cause) };
  }
}
