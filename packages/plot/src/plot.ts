import { basename, resolve } from 'node:path';
import { counted } from '@holdfast/options';
import { EMBEDDINGS, openResult, proveResult, type Result, refuseNoFolder } from '@holdfast/result';
import { layout, runElsewhere } from '@holdfast/run-folder';
import { embeddedIn, historyOf, ShardStarts, statusOf, throughputOf } from '@holdfast/status';
import { chooseColouring } from './choose-colouring.js';
import { lengthsPlot } from './lengths-plot.js';
import { mapPlot } from './map-plot.js';
import { PlotInputError } from './plot-input-error.js';
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
  /** A table of labels that colour a map; see `readLabels` of `@holdfast/result`. */
  labels?: string;
  /** What colours a map: `length`, `file`, `cluster`, or a column of the labels. Default: the first column, or else `length`. */
  colourBy?: string;
  /** Hears how many IDs of the labels the result does not have, if there are any. */
  onUnknownLabels?(count: number): void;
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
  const embedded = embeddedIn(await statusOf(kept));
  const { checkpoints } = await historyOf(kept);
  const found = throughputOf(checkpoints, await new ShardStarts(layout(kept).logs).read(), embedded);
  if (found === null)
    throw new PlotInputError(
      `${dir}: nothing has been embedded yet; holdfast status ${dir} says how the run stands`,
    );
  return throughputPlot(`Throughput of ${name}`, found, checkpoints);
}

async function map(result: Result, name: string, options: PlotOptions): Promise<string> {
  const { projection = 'pca', from = EMBEDDINGS, signal, onProgress } = options;
  const output = result.outputNamed(from);
  await using rows = await result.rowsOf(output);
  const colouring = await chooseColouring(result, rows, options);
  const { pca, umap, UMAP_COMPONENTS, varianceShares } = await import('@holdfast/projection');
  const asked = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
  let shares: readonly number[] = [];
  const places = await (projection === 'pca'
    ? pca(rows, {
        ...asked,
        components: 2,
        onAxes: (axes) => {
          shares = varianceShares(axes);
        },
      })
    : umap(rows, asked));
  const model = result.record.provenance?.model.name;
  const of = model === undefined ? '' : ` of ${model}`;
  const rowsName = output === EMBEDDINGS ? result.fullName : output;
  const named = rowsName === null ? '' : `${rowsName}: `;
  const by = colouring.by === 'nothing' ? '' : `, coloured by ${colouring.called}`;
  return mapPlot({
    title: `Map of ${name}`,
    note: `${named}${counted(rows.rows, 'row')} of ${counted(rows.dim, 'number')}${of}, ${projection === 'pca' ? 'principal components' : `UMAP of ${Math.min(UMAP_COMPONENTS, rows.dim)} principal components`}${by}`,
    places,
    labels:
      projection === 'pca'
        ? [component(1, shares[0]), component(2, shares[1])]
        : ['UMAP 1 (no unit)', 'UMAP 2 (no unit)'],
    colouring,
  });
}

/** The name of an axis, with the share of the variance that it has. */
const component = (number: number, share = 0): string =>
  `Principal component ${number} (${(100 * share).toFixed(1)}% of the variance)`;
