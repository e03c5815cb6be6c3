import { type Include, type ModelOverrides, parseDevice } from '@holdfast/gpu-runtime';
import { readingOptions } from '@holdfast/plan';
import type { RunRecord } from '@holdfast/run-folder';
import type { EmbedOptions } from '../embed-options.js';

/** The settings of the model that the command of a run gave: with them it has the run's fingerprint. */
export function overridesOf({ given, outputs }: Pick<RunRecord, 'given' | 'outputs'>): ModelOverrides {
  const options = given?.options ?? {};
  const [output, ...layers] = listOf(options['--layer']);
  const include = listOf(options['--include']) as Include[];
  // Of a built-in model, the command is not recorded.
  const dtype = options['--dtype'] ?? outputs?.dtype;
  const overrides = {
    pooling: options['--pooling'],
    longSequences: options['--long-sequences'],
    windowOverlap: options['--window-overlap'],
    output,
    layers: layers.length > 0 ? layers : undefined,
    include: include.length > 0 ? include : undefined,
    dtype,
    precision: options['--precision'],
  };
  return Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
}

const listOf = (given: string | number | true | undefined): string[] =>
  typeof given === 'string' ? given.split(',') : [];

/**
 * The same, for the rows of one output alone: nothing is compared with what else the run has computed.
 *
 * @param from `embeddings`, or the name of another output with rows.
 */
export function rowOverridesOf(record: Pick<RunRecord, 'given' | 'outputs'>, from: string): ModelOverrides {
  const { layers: _layers, include: _include, ...overrides } = overridesOf(record);
  const other = record.outputs?.rows?.find(({ name }) => name === from);
  return other === undefined ? overrides : { ...overrides, output: other.layer, pooling: other.pooling };
}

type OfRun = Omit<EmbedOptions, 'inputs' | 'out' | 'model' | 'format' | 'forceRestart'>;

/** The options by which other sequences get rows that can be compared with those of a run. @param from as `rowOverridesOf`. */
export function optionsOfRun(record: RunRecord, from: string): OfRun {
  const { translate, genetic_code, orfs, chunk, letters, reading, batch_tokens, threads, device } = record;
  const overrides = rowOverridesOf(record, from);
  const { precision = 'fp32' } = overrides;
  return {
    overrides,
    batchTokens: batch_tokens,
    ...(threads !== undefined && { threads }),
    ...(device !== undefined && { device: { ...parseDevice(device), index: null } }),
    ...(chunk && { chunk: chunk.residues, ...(chunk.stride !== undefined && { stride: chunk.stride }) }),
    ...(translate && { translate }),
    ...(genetic_code !== undefined && { geneticCode: genetic_code }),
    ...(orfs && { minOrf: orfs.min, orfStart: orfs.start }),
    ...readingOptions(reading),
    // A record without letters is of a version that changed none.
    keepU: letters === undefined || letters.read === 'as they are',
    keepStop: letters === undefined || letters.final_stop === 'kept',
    stripStop: letters?.final_stop === 'stripped',
    keepGaps: letters?.gaps !== 'dropped',
    // The run has measured what its precision costs.
    ...(precision !== 'fp32' && { minCosine: -1 }),
  };
}
