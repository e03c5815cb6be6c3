import type { ExportFormat } from './format.js';
import { asRun } from './formats/as-run.js';

/** The formats by name. Each library is loaded only for the format that needs it. */
export const exportFormats = {
  // NumPy, HDF5 and Arrow have no bfloat16.
  npy: { ending: '.npy', holds: ['float32', 'float16'], write: asRun('npy') },
  pt: { ending: '.pt', holds: ['float32', 'float16', 'bfloat16'], write: asRun('pt') },
  safetensors: {
    ending: '.safetensors',
    holds: ['float32', 'float16', 'bfloat16'],
    write: asRun('safetensors'),
  },
  parquet: {
    ending: '.parquet',
    write: async (sink, source) => (await import('./formats/parquet.js')).writeParquet(sink, source),
  },
  arrow: {
    ending: '.arrow',
    holds: ['float32', 'float16'],
    write: async (sink, source) => (await import('./formats/arrow.js')).writeArrow(sink, source),
  },
  h5: {
    ending: '.h5',
    holds: ['float32', 'float16'],
    write: async (sink, source) => (await import('./formats/h5.js')).writeH5(sink, source),
    values: async (sink, source) => (await import('./formats/h5-values.js')).writeH5Values(sink, source),
  },
  'h5-matrix': {
    ending: '.matrix.h5',
    holds: ['float32', 'float16'],
    write: async (sink, source) => (await import('./formats/h5-matrix.js')).writeH5Matrix(sink, source),
  },
  h5ad: {
    ending: '.h5ad',
    write: async (sink, source) => (await import('./formats/h5ad.js')).writeH5ad(sink, source),
  },
  esm: {
    ending: '.esm',
    atOnce: 32,
    async *files(source, options) {
      yield* (await import('./formats/esm.js')).esmFiles(source, options);
    },
    async *valueFiles(source, options) {
      yield* (await import('./formats/esm-values.js')).esmValueFiles(source, options);
    },
  },
  virnucpro: {
    ending: '.virnucpro',
    atOnce: 1,
    async *files(source, options) {
      yield* (await import('./formats/virnucpro.js')).virnucproFiles(source, options);
    },
  },
  tsv: {
    ending: '.tsv',
    write: async (sink, source) => (await import('./formats/tsv.js')).writeTsv(sink, source),
  },
} as const satisfies Readonly<Record<string, ExportFormat>>;

export type ExportName = keyof typeof exportFormats;
