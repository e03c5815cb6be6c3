import { counted } from '@holdfast/options';
import { areaWith, axisX, axisY, chart, grouped } from './chart.js';
import { element } from './svg.js';

/** Bars of a histogram, at most. */
const BARS = 60;
/** On a logarithmic axis, where narrow ones would hold one length more or less. */
const LOG_BARS = 40;
/** From this ratio of the longest to the median on, lengths are drawn on a logarithmic axis. */
const LOG_FROM = 8;

/** The counts of lengths in bins: bin `i` has those from `edges[i]` to below `edges[i + 1]`, the last those at its end too. */
export interface Histogram {
  edges: readonly number[];
  counts: readonly number[];
  log: boolean;
}

/** @param lengths ascending; zeros count as 1 on a logarithmic axis. */
export function histogramOf(lengths: Uint32Array): Histogram {
  const [low, high] = [lengths[0] ?? 0, lengths.at(-1) ?? 0];
  const median = lengths[lengths.length >> 1] ?? 0;
  const log = high > 50 && high / Math.max(1, median) >= LOG_FROM;
  const edges = log ? logEdges(Math.max(1, low), high) : linearEdges(low, high);
  const counts = new Array<number>(edges.length - 1).fill(0);
  let bin = 0;
  for (const length of lengths) {
    while (bin < counts.length - 1 && length >= edges[bin + 1]!) bin++;
    counts[bin]!++;
  }
  return { edges, counts, log };
}

/** Whole steps of 1, 2 or 5 times a power of ten, from 0 or near the shortest. */
function linearEdges(low: number, high: number): number[] {
  const least = (high - low + 1) / BARS;
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= least)!;
  const first = Math.floor(low / step) * step;
  const count = Math.floor((high - first) / step) + 1;
  return Array.from({ length: count + 1 }, (_, at) => first + at * step);
}

function logEdges(low: number, high: number): number[] {
  const ratio = Math.log((high + 1) / low) / LOG_BARS;
  const edges = Array.from({ length: LOG_BARS + 1 }, (_, at) => Math.round(low * Math.exp(at * ratio)));
  // Lengths are whole: narrow bins at the beginning are one.
  return edges.filter((edge, at) => at === 0 || edge > edges[at - 1]!);
}

/** A histogram of lengths in residues. @param lengths sorted by this. */
export function lengthsPlot(title: string, lengths: Uint32Array): string {
  lengths.sort();
  const { edges, counts, log } = histogramOf(lengths);
  const area = areaWith(36);
  // All of one length: a narrow bar with room beside it.
  const beside = counts.length === 1 ? 5 : 0;
  const domain = [Math.max(0, edges[0]! - beside), edges.at(-1)! + beside] as const;
  const x = axisX(area, { label: 'Length in residues', domain, log, whole: true });
  const y = axisY(area, { label: 'Sequences', domain: [0, Math.max(1, ...counts)], nice: true, whole: true });
  const bars = counts.map((count, at) => {
    const [from, to, top] = [x.at(edges[at]!), x.at(edges[at + 1]!), y.at(count)];
    if (count === 0) return '';
    // A bar of a single sequence among millions is still seen.
    const height = Math.max(1, area.bottom - top);
    return element('rect', { x: from, y: area.bottom - height, width: Math.max(0.5, to - from - 1), height });
  });
  const sum = lengths.reduce((total, each) => total + each, 0);
  const note =
    lengths.length === 0
      ? 'no sequence'
      : [
          counted(lengths.length, 'sequence'),
          `shortest ${grouped(lengths[0]!)}`,
          `median ${grouped(lengths[lengths.length >> 1]!)}`,
          `mean ${grouped(Math.round((10 * sum) / lengths.length) / 10)}`,
          `longest ${grouped(lengths.at(-1)!)} residues`,
        ].join(', ');
  return chart({ title, note, area, x, y, marks: element('g', { fill: '#2f6f9f' }, bars.join('') || ' ') });
}
