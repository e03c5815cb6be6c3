import { type LabelColumn, type Result, type RowReader, readLabels, sequenceLines } from '@holdfast/result';
import type { Colouring } from './colouring.js';
import { PlotInputError } from './plot-input-error.js';
import { tableLengths } from './table-lengths.js';

/** What a map can be coloured by without a table of labels. */
const OWN = ['length', 'file', 'cluster'] as const;
type Own = (typeof OWN)[number];

export interface Asked {
  /** A table of labels. */
  labels?: string | undefined;
  /** One of `OWN`, or a column of the table. Default: the first column of the table, or else the length. */
  colourBy?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Hears how many IDs of the table the result does not have, if there are any. */
  onUnknownLabels?: ((count: number) => void) | undefined;
}

/**
 * What colours a map of rows.
 *
 * @throws PlotInputError for a name that is neither; RunFolderError for labels that cannot be read; the signal's reason.
 */
export async function chooseColouring(result: Result, rows: RowReader, asked: Asked): Promise<Colouring> {
  const { labels, colourBy, onUnknownLabels } = asked;
  const count = result.record.sequences;
  let columns: readonly LabelColumn[] = [];
  if (labels !== undefined) {
    const read = await readLabels(labels, { ids: result.ids, rows: count });
    if (read.unknown > 0) onUnknownLabels?.(read.unknown);
    columns = read.columns;
  }
  const column = colourBy === undefined ? columns[0] : columns.find(({ name }) => name === colourBy);
  if (column !== undefined) return ofColumn(column);
  const own = colourBy ?? 'length';
  if (!isOwn(own))
    throw new PlotInputError(
      `--colour-by ${own}: there is no such colouring; it can be ${[...columns.map(({ name }) => name), ...OWN].join(', ')}${labels === undefined ? ', or a column of --labels FILE' : ''}`,
    );
  const chosen = own === 'cluster' ? await clusters(rows, asked) : await ofTable(result, own);
  if (chosen === null && colourBy !== undefined)
    throw new PlotInputError(
      `--colour-by ${own}: an earlier version of holdfast made this result, without sequences.tsv, so it is not known; leave it out`,
    );
  return chosen ?? { by: 'nothing' };
}

const isOwn = (name: string): name is Own => (OWN as readonly string[]).includes(name);

function ofColumn(column: LabelColumn): Colouring {
  const { name, kind } = column;
  if (kind === 'number') return { by: 'value', called: name, label: name, values: column.values };
  const { names } = column;
  // Those without a label come last here.
  return labelled(
    name,
    names,
    column.of.map((code) => (code === 0 ? names.length : code - 1)),
  );
}

/** Null without a table of sequences. */
async function ofTable(result: Result, own: 'length' | 'file'): Promise<Colouring | null> {
  const { sequences, record } = result;
  if (sequences === null) return null;
  if (own === 'length') {
    const lengths = (await tableLengths(result))!;
    return { by: 'value', called: 'length', label: 'Length in residues', values: Float32Array.from(lengths) };
  }
  const of = new Uint16Array(record.sequences);
  const places = new Map<string, number>();
  let row = 0;
  for await (const lines of sequenceLines(sequences))
    for (const { file } of lines) {
      if (!places.has(file)) places.set(file, Math.min(places.size, 0xfffe));
      of[row++] = places.get(file)!;
    }
  return ranked('source file', [...places.keys()], of);
}

async function clusters(rows: RowReader, { signal }: Asked): Promise<Colouring> {
  const { clusters } = await import('@holdfast/projection');
  const of = await clusters(rows, { ...(signal && { signal }) });
  const count = of.reduce((most, cluster) => Math.max(most, cluster), -1) + 1;
  return labelled(
    'cluster',
    Array.from({ length: count }, (_, at) => `Cluster ${at + 1}`),
    of,
  );
}

/** The most frequent first. */
function ranked(called: string, names: readonly string[], of: Uint16Array): Colouring {
  const counts = new Float64Array(names.length);
  for (const code of of) counts[code]!++;
  const order = [...counts.keys()].sort((a, b) => counts[b]! - counts[a]! || a - b);
  const rank = new Uint16Array(names.length);
  for (const [place, code] of order.entries()) rank[code] = place;
  return labelled(
    called,
    order.map((code) => names[code]!),
    of.map((code) => rank[code]!),
  );
}

function labelled(called: string, names: readonly string[], of: Uint16Array): Colouring {
  const counts = new Array<number>(names.length + 1).fill(0);
  for (const code of of) counts[code]!++;
  return { by: 'label', called, of, names, counts };
}
