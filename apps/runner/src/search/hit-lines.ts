import type { Metric, Neighbour } from '@holdfast/neighbours';
import type { NamedRow } from '@holdfast/result';

/** The nearest rows of a query. */
export interface Hits {
  query: string;
  found: readonly Neighbour[];
}

/** What the distance is called, by metric. */
const COLUMN: Readonly<Record<Metric, string>> = {
  cosine: 'cosine_distance',
  dot: 'dot_product',
  euclidean: 'euclidean_distance',
};

/** Digits of a distance in the table: more than float32 has. */
const DIGITS = 9;

/** How hits are written. */
export interface HitFormat {
  /** The first lines. */
  head: string;
  /** What comes first, if there is anything. */
  begins: string;
  /** The lines of a query. */
  lines(hits: Hits, names: ReadonlyMap<number, NamedRow>): string;
}

/** A table, its fields separated by tabs: a line for each hit. */
const table = (metric: Metric): HitFormat => ({
  head: `query\trank\tid\t${COLUMN[metric]}\trow\tdescription\n`,
  begins: 'query\trank\tid\t',
  lines: ({ query, found }, names) =>
    found
      .map(({ row, distance }, at) => {
        const { id = '', description = '' } = names.get(row) ?? {};
        return `${[query, at + 1, id, Number(distance.toPrecision(DIGITS)), row, description].join('\t')}\n`;
      })
      .join(''),
});

/** One JSON object a query. */
const json = (metric: Metric): HitFormat => ({
  head: '',
  begins: '{"query":',
  lines: ({ query, found }, names) => {
    const hits = found.map(({ row, distance }, at) => {
      const { id = '', description = '' } = names.get(row) ?? {};
      return { rank: at + 1, id, [COLUMN[metric]]: distance, row, description };
    });
    return `${JSON.stringify({ query, hits })}\n`;
  },
});

export const hitFormat = (metric: Metric, asJson: boolean): HitFormat =>
  asJson ? json(metric) : table(metric);
