import { availableParallelism } from 'node:os';
import {
  attempt,
  CPU,
  type Device,
  DeviceError,
  downloadAgain,
  type EmbeddingModel,
  formatDevice,
  loadModel,
  ModelError,
  type ModelSource,
  nonFiniteRows,
  PLAIN_RESIDUES,
  tokenCounts,
} from '@holdfast/gpu-runtime';
import { longestTrial, refusedLongest } from './longest-trial.js';

/**
 * Residues that every model knows, alone and together: a graph may take only one shape, return rows of another length for each
 * shape, or fail to mask the padding of the shorter one.
 */
const LONGER = 'TTGCAAGCCGATTACAGGCATCGGATTCAAGGCTAACTGC';
const SHORT: readonly (readonly string[])[] = [[PLAIN_RESIDUES], [LONGER], [PLAIN_RESIDUES, LONGER]];
/** How much a row may differ between batches, as a share of its largest number; in float16 it is some thousandths. */
const TOLERANCE = 0.05;
/** Residues that show whether a model accepts a sequence at all. */
const FEW = 8;

/** The name of a step in which the model itself computes. */
export const EMBEDDING = 'embedding';

type Load = (
  source: ModelSource,
  options: { device: Device; intraOpThreads: number },
) => Promise<Pick<EmbeddingModel, 'embed'>>;

/** The outcome of a trial. */
export interface Verdict {
  /** Why the model can embed nothing on the device, or null. */
  refused: string | null;
  /** Whether it was tried in full and embedded all. A failure that may pass cuts a trial short: then neither is true. */
  passed: boolean;
}

const INCOMPLETE: Verdict = { refused: null, passed: false };
const refuse = (refused: string): Verdict => ({ refused, passed: false });

/**
 * Tries a model on a device. It is refused if it cannot be loaded, fails on short sequences of plain residues or gives NaN for
 * them, or fails on the longest sequence it claims to read. Lack of memory refuses nothing, since it may pass.
 *
 * @param load replaced by tests.
 * @param onStage called with the name of each step.
 */
export async function verdict(
  source: ModelSource,
  device: Device,
  load: Load = loadModel,
  onStage: (stage: string) => void = () => undefined,
): Promise<Verdict> {
  /** The rows of short sequences on either. */
  const rows: Rows = new Map();
  const right: Rows = new Map();
  const on = (where: Device) => {
    onStage(`loading the model on ${formatDevice(where)}`);
    return load(source, { device: where, intraOpThreads: availableParallelism() });
  };
  try {
    const model = await on(device);
    const errorText = await refusalOfShort(source, model, onStage, rows);
    if (errorText !== null) return refuse(errorText);
    const longest = await verdictOnLongest(source, model, onStage);
    if (longest.refused !== null || device.kind === 'cpu') return longest;
  } catch (error) {
    // Workers will meet a passing failure again, and have policies for it.
    return error instanceof ModelError || error instanceof DeviceError ? refuse(error.message) : INCOMPLETE;
  }
  try {
    // Other devices may silently read past the end of a position table. The CPU reports it, if it accepts the graph.
    const model = await on(CPU);
    if ((await refusalOfShort(source, model, onStage, right)) !== null) return INCOMPLETE;
    const errorText = refusalOfOthers(source, device, rows, right);
    return errorText === null ? await verdictOnLongest(source, model, onStage) : refuse(errorText);
  } catch {
    return INCOMPLETE;
  }
}

/** Rows by their residues. */
type Rows = Map<string, Float32Array>;

/** Compares with the CPU's rows: a device may silently compute an operator wrong. */
function refusalOfOthers({ modelPath }: ModelSource, device: Device, rows: Rows, right: Rows) {
  for (const [residues, row] of right) {
    const [largest, difference] = compare(rows.get(residues) ?? row, row);
    if (difference > TOLERANCE * largest)
      return `${modelPath}: gives different rows on ${formatDevice(device)} than on the CPU (a number of up to ${largest.toPrecision(2)} differs by ${difference.toPrecision(2)} for ${residues}): the device computes one of its operators wrong; choose --device cpu, or try a newer onnxruntime-node`;
  }
  return null;
}

/** @param alone receives the rows of sequences that are alone in their batch. */
async function refusalOfShort(
  source: ModelSource,
  model: Pick<EmbeddingModel, 'embed'>,
  onStage: (stage: string) => void,
  alone: Rows,
): Promise<string | null> {
  const { modelPath, dim } = source;
  for (const batch of SHORT) {
    onStage(`${EMBEDDING} ${batch.map(({ length }) => length).join(' and ')} plain residues`);
    const { rows, failure } = await attempt(model, batch);
    if (failure !== null) {
      return `${modelPath}: fails on short sequences of plain residues (${failure}), so every sequence would fail; ${exportRemedy(failure)}`;
    }
    const [fault] = nonFiniteRows(rows, dim);
    if (fault !== undefined) {
      return `${modelPath}: gives ${fault.value} for plain residues (${batch[fault.row]}${source.alphabet === 'protein' ? ' as amino acids' : ''}, in column ${fault.column}), so every sequence would fail; ${numbersRemedy(source)}`;
    }
    for (const [at, residues] of batch.entries()) {
      const row = rows.subarray(at * dim, (at + 1) * dim);
      const [largest, difference] = compare(alone.get(residues) ?? row, row);
      if (difference > TOLERANCE * largest) {
        return `${modelPath}: gives a different row for the same residues if others are in the batch (a number of up to ${largest.toPrecision(2)} differs by ${difference.toPrecision(2)}), so rows would depend on the other sequences in the batch; re-export it with a graph that honours attention_mask and keeps sequences apart`;
      }
      if (batch.length === 1) alone.set(residues, row);
    }
  }
  return null;
}

/** What may mend a model whose numbers are none: published weights were exported by nobody here. */
function numbersRemedy({ built, precision, modelPath }: ModelSource): string {
  if (precision !== undefined) return 'choose --precision fp32, or other weights';
  if (built === undefined) return 're-export it, in float32 if it uses less precision';
  return `${downloadAgain(modelPath, 'download the weights again')}; if it stays so, they hold such numbers: use other weights`;
}

/** The remedy for an export, by its error text. */
function exportRemedy(failure: string): string {
  if (/NOT_IMPLEMENTED|Could not find an implementation|not implemented/i.test(failure))
    return 'this device lacks an operator: choose --device cpu, or re-export it with another opset';
  if (/indices? .*out of (bounds|range)|out of data bounds/i.test(failure))
    return 'its tables are smaller than its vocabulary: use config, vocabulary and graph from one export';
  return 're-export it with dynamic axes for batch and sequence';
}

/** The largest magnitude in two rows, and their largest difference. */
function compare(one: Float32Array, other: Float32Array): [largest: number, difference: number] {
  let largest = 0;
  let difference = 0;
  one.forEach((value, i) => {
    largest = Math.max(largest, Math.abs(value), Math.abs(other[i]!));
    difference = Math.max(difference, Math.abs(value - other[i]!));
  });
  return [largest, difference];
}

async function verdictOnLongest(
  source: ModelSource,
  model: Pick<EmbeddingModel, 'embed'>,
  onStage: (stage: string) => void,
): Promise<Verdict> {
  const counts = (sequences: readonly string[]) =>
    tokenCounts(
      source,
      sequences.map((residues) => Buffer.from(residues)),
    );
  const failureOf = (sequence: string) => {
    onStage(`${EMBEDDING} a sequence of ${sequence.length} residues`);
    return attempt(model, [sequence]).then(
      ({ failure }) => failure,
      (error: unknown) => {
        if (!(error instanceof ModelError)) throw error;
        return error.message;
      },
    );
  };
  for (const sequence of [longestTrial(source, counts), longestTrial(source)]) {
    // If the model fails on these residues anyway, they show nothing about the length.
    if ((await failureOf(sequence.slice(0, FEW))) !== null) continue;
    const failure = await failureOf(sequence);
    return failure === null
      ? { refused: null, passed: true }
      : refuse(refusedLongest(source, sequence.length, failure));
  }
  return INCOMPLETE;
}
