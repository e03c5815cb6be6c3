import type { ModelOverrides } from '@holdfast/gpu-runtime';
import { parseDevice } from '@holdfast/gpu-runtime';
import { readingOptions } from '@holdfast/plan';
import type { RunRecord } from '@holdfast/run-folder';
import type { EmbedOptions } from '../embed-options.js';

/** The settings of the model that the command of a run gave. */
export function overridesOf({ given }: Pick<RunRecord, 'given'>): ModelOverrides {
  const options = given?.options ?? {};
  const listed = (name: string) => options[name]?.toString().split(',');
  const [output, ...layers] = listed('--layer') ?? [];
  const overrides = {
    pooling: options['--pooling'],
    longSequences: options['--long-sequences'],
    windowOverlap: options['--window-overlap'],
    output,
    layers: layers.length > 0 ? layers : undefined,
    include: listed('--include'),
    dtype: options['--dtype'],
    precision: options['--precision'],
  };
  return Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
}

type OfRun = Omit<EmbedOptions, 'inputs' | 'out' | 'model' | 'format' | 'forceRestart'>;

/** The options by which other sequences get rows that can be compared with those of a run. */
export function optionsOfRun(record: RunRecord): OfRun {
  const { translate, genetic_code, orfs, chunk, letters, reading, batch_tokens, threads, device } = record;
  return {
    overrides: overridesOf(record),
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
    ...(overridesOf(record).precision !== undefined && overridesOf(record).precision !== 'fp32'
      ? { minCosine: -1 }
      : {}),
  };
}
