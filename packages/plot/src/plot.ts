import { basename, resolve } from 'node:path';
import { EMBEDDINGS, openResult, proveResult, type Result, refuseNoFolder } from '@holdfast/result';
import { layout, runElsewhere } from '@holdfast/run-folder';
import { historyOf } from '@holdfast/status';
import { grouped } from './chart.js';
import type { Colouring } from './colouring.js';
import { labelled, readLabels } from './labels.js';
import { lengthsPlot } from './lengths-plot.js';
import { mapPlot } from './map-plot.js';
import { PlotInputError } from './plot-input-error.js';
import { ratesOf } from './rates.js';
import { shardStarts } from './shard-starts.js';
import { tableLengths } from './table-lengths.js';
import { throughputPlot } from './throughput-plot.js';

/** What can be drawn. */
export const PLOTS = ['map', 'lengths', 'throughput'] as const;
export type PlotName = (typeof PLOTS)[number];

/** How a map is made. */
export const PROJECTIONS = ['pca', 'umap'] as const;
export type Projection = (typeof PROJECTIONS)[number];

export interface PlotOptions {
  what: PlotName;
  /** Default: `pca`. */
  projection?: Projection;
  /** A table of labels that colour a map. Default: lengths colour it. */
  labels?: string;
  /** Which rows a map is of: `embeddings`, or others by their name. Default: `embeddings`. */
  from?: string;
  /** Hears how much of a map is done, from 0 to 1. */
  onProgress?(share: number): void;
  signal?: AbortSignal;
}

/**
 * Draws a run as SVG. Equal results give equal pictures. It writes nothing.
 *
 * @param dir the folder of a run. A map and lengths want its complete result; throughput does not.
 * @throws PlotInputError if there is nothing to draw, or labels cannot be used; RunFolderError if there is no result; the
 * signal's reason.
 */
export async function plot(dir: string, options: PlotOptions): Promise<string> {
  const name = basename(resolve(dir));
  if (options.what === 'throughput') return throughput(dir, name);
  const result = await openResult(dir);
  const outputs = options.what === 'map' ? [options.from ?? EMBEDDINGS] : [];
  // Numbers of tokens are refused before all of them are read.
  for (const output of outputs) result.dimOf(output);
  await proveResult(result, { outputs, sequences: true, signal: options.signal });
  if (options.what === 'map') return map(result, name, options);
  const lengths = await tableLengths(result);
  if (lengths === null)
    throw new PlotInputError(
      `${dir}: an earlier version of holdfast made this result, without sequences.tsv, so the lengths are not known; use --what map`,
    );
  return lengthsPlot(`Lengths of the sequences in ${name}`, lengths);
}

async function throughput(dir: string, name: string): Promise<string> {
  await refuseNoFolder(dir);
  const kept = runElsewhere(layout(dir)) ?? dir;
  const { checkpoints } = await historyOf(kept);
  const saves = checkpoints.map(({ at, shard, rows }) => ({ at: Date.parse(at), shard, rows }));
  const rates = ratesOf(saves, await shardStarts(layout(kept).logs), null);
  if (rates === null)
    throw new PlotInputError(
      `${dir}: no checkpoint has been saved yet; holdfast status ${dir} says how the run stands`,
    );
  return throughputPlot(`Throughput of ${name}`, rates);
}

async function map(result: Result, name: string, options: PlotOptions): Promise<string> {
  const { projection = 'pca', from = EMBEDDINGS, signal, onProgress } = options;
  const output = result.outputNamed(from);
  await using rows = await result.rowsOf(output);
  const colouring = await colouringOf(result, options.labels);
  const { pca, umap, UMAP_COMPONENTS } = await import('@holdfast/projection');
  const asked = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
  const places = await (projection === 'pca' ? pca(rows, { ...asked, components: 2 }) : umap(rows, asked));
  const model = result.record.provenance?.model.name;
  const of = model === undefined ? '' : ` of ${model}`;
  const rowsName = output === EMBEDDINGS ? result.fullName : output;
  const named = rowsName === null ? '' : `${rowsName}: `;
  const by = { value: ', coloured by length', label: ', coloured by label', nothing: '' }[colouring.by];
  return mapPlot({
    title: `Map of ${name}`,
    note: `${named}${grouped(rows.rows)} rows of ${grouped(rows.dim)} numbers${of}, ${projection === 'pca' ? 'principal components' : `UMAP of ${Math.min(UMAP_COMPONENTS, rows.dim)} principal components`}${by}`,
    places,
    labels:
      projection === 'pca'
        ? ['Principal component 1', 'Principal component 2']
        : ['UMAP 1 (no unit)', 'UMAP 2 (no unit)'],
    colouring,
  });
}

async function colouringOf(result: Result, path: string | undefined): Promise<Colouring> {
  if (path !== undefined)
    return labelled(await readLabels(path), { ids: result.ids, rows: result.record.sequences, path });
  const lengths = await tableLengths(result);
  return lengths === null
    ? { by: 'nothing' }
    : { by: 'value', label: 'Length in residues', values: Float32Array.from(lengths) };
}
