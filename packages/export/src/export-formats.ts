import type { ExportFormat } from './format.js';
import { asRun } from './formats/as-run.js';

/** The formats by name. Each library is loaded only for the format that needs it. */
export const exportFormats = {
  npy: { title: 'NumPy array, without IDs', ending: '.npy', write: asRun('npy') },
  pt: { title: 'PyTorch dict with IDs', ending: '.pt', write: asRun('pt') },
  safetensors: { title: 'one tensor, without IDs', ending: '.safetensors', write: asRun('safetensors') },
  parquet: {
    title: 'table with IDs, for DuckDB, pandas, Polars, Spark',
    ending: '.parquet',
    write: async (sink, source) => (await import('./formats/parquet.js')).writeParquet(sink, source),
  },
  arrow: {
    title: 'the same table in Arrow IPC (Feather 2)',
    ending: '.arrow',
    write: async (sink, source) => (await import('./formats/arrow.js')).writeArrow(sink, source),
  },
  h5: {
    title: 'HDF5, one dataset an ID, for bio_embeddings and ProtSpace',
    ending: '.h5',
    write: async (sink, source) => (await import('./formats/h5.js')).writeH5(sink, source),
  },
  'h5-matrix': {
    title: 'HDF5, one matrix and its IDs',
    ending: '.matrix.h5',
    write: async (sink, source) => (await import('./formats/h5-matrix.js')).writeH5Matrix(sink, source),
  },
  h5ad: {
    title: 'AnnData, for scanpy',
    ending: '.h5ad',
    write: async (sink, source) => (await import('./formats/h5ad.js')).writeH5ad(sink, source),
  },
  esm: {
    title: 'a folder with a .pt an ID, as extract.py of ESM writes it',
    ending: '.esm',
    atOnce: 32,
    async *files(source, options) {
      yield* (await import('./formats/esm.js')).esmFiles(source, options);
    },
  },
  virnucpro: {
    title: 'a folder with the files of VirNucPro',
    ending: '.virnucpro',
    atOnce: 1,
    async *files(source, options) {
      yield* (await import('./formats/virnucpro.js')).virnucproFiles(source, options);
    },
  },
  tsv: {
    title: 'text: an ID and its numbers a line',
    ending: '.tsv',
    write: async (sink, source) => (await import('./formats/tsv.js')).writeTsv(sink, source),
  },
} as const satisfies Readonly<Record<string, ExportFormat>>;

export type ExportName = keyof typeof exportFormats;
