import { extname } from 'node:path';
import type { PlotName, Projection } from '@holdfast/plot';
import { refuseOutput, writeOutput, writtenWords } from '@holdfast/run-folder';
import { UsageError } from '../errors.js';

export interface DrawOptions {
  dir: string;
  what: PlotName;
  /** The file that is written. Default: the picture goes to `print`. */
  output?: string;
  /** Whether to replace a file that is there and is something else. */
  force: boolean;
  projection?: Projection;
  labels?: string;
  colourBy?: string;
  /** Which rows a map is of. Default: the embeddings. */
  from?: string;
}

/** What drawing gets of whoever calls it. */
export interface Surroundings {
  signal: AbortSignal;
  print(text: string): void;
  /** Hears how much is done, from 0 to 1. */
  onProgress(share: number): void;
  /** Hears a warning, and that the file is there. */
  complain(line: string): void;
}

/** How a plot begins. */
const BEGINS = '<?xml ';
/** Pictures that others make of an SVG. */
const OTHERS = ['.png', '.jpg', '.jpeg', '.gif', '.webp', '.pdf', '.eps', '.html'];

/**
 * Draws a run as SVG, and writes it under its name once it is whole.
 *
 * @throws UsageError for options that do not go together, labels that cannot be used, or nothing to draw; RunFolderError if there
 * is no result; the signal's reason.
 */
export async function draw(options: DrawOptions, around: Surroundings): Promise<void> {
  const { signal, print, onProgress, complain } = around;
  const { dir, what, force, projection, labels, colourBy, from } = options;
  const output =
    options.output === undefined ? null : { path: options.output, option: '--output', what: 'plot', force };
  const ofMaps = {
    '--projection': projection,
    '--labels': labels,
    '--colour-by': colourBy,
    '--from': from,
  };
  for (const [option, given] of Object.entries(ofMaps))
    if (given !== undefined && what !== 'map')
      throw new UsageError(`${option} is for --what map only; leave it out, or draw a map`);
  if (output !== null) {
    const ending = extname(output.path).toLowerCase();
    if (OTHERS.includes(ending))
      throw new UsageError(
        `-o ${output.path}: a plot is an SVG, which browsers and Inkscape save as ${ending.slice(1)}; name a file that ends in .svg`,
      );
    const inputs = labels === undefined ? [] : [labels];
    refuseOutput(output, { runs: [dir], inputs, prints: true, begins: BEGINS });
  }
  const { plot, PlotInputError } = await import('@holdfast/plot');
  const { unknownLabelsWords } = await import('@holdfast/result');
  const svg = await plot(dir, {
    what,
    ...(projection && { projection }),
    ...(labels !== undefined && {
      labels,
      onUnknownLabels: (count) => complain(`warning: ${unknownLabelsWords(labels, count)}`),
    }),
    ...(colourBy !== undefined && { colourBy }),
    ...(from !== undefined && { from }),
    signal,
    onProgress,
  }).catch((error: unknown) => {
    throw error instanceof PlotInputError ? new UsageError(error.message, { cause: error }) : error;
  });
  signal.throwIfAborted();
  if (output === null) print(svg);
  else {
    const written = await writeOutput(output, (file) => file.write(Buffer.from(svg)));
    complain(`${output.path}: ${writtenWords(written)}`);
  }
}
