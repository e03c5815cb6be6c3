import type { SavedRows, Throughput } from '@holdfast/status';
import { areaWith, axisX, axisY, chart, grouped } from './chart.js';
import { element, rounded } from './svg.js';

/** Units of time on the axis: from how many milliseconds on they are used. */
const UNITS = [
  { unit: 'days', ms: 86_400_000, from: 2 * 86_400_000 },
  { unit: 'hours', ms: 3_600_000, from: 2 * 3_600_000 },
  { unit: 'minutes', ms: 60_000, from: 2 * 60_000 },
  { unit: 'seconds', ms: 1000, from: 0 },
] as const;

/** Sequences a second over the time of a run. */
export function throughputPlot(
  title: string,
  { start, step, perSecond, unsaved, resumed }: Throughput,
  checkpoints: readonly SavedRows[],
): string {
  const time = step * perSecond.length;
  const { unit, ms } = UNITS.find(({ from }) => time >= from)!;
  const area = areaWith(36);
  const x = axisX(area, { label: `Time since the start in ${unit}`, domain: [0, time / ms] });
  const y = axisY(area, {
    label: 'Sequences per second',
    domain: [0, Math.max(...perSecond) || 1],
    nice: true,
  });
  const points = perSecond.flatMap((rate, bin) => {
    const [from, to] = [x.at((bin * step) / ms), x.at(((bin + 1) * step) / ms)];
    return [`${rounded(from)} ${rounded(y.at(rate))}`, `${rounded(to)} ${rounded(y.at(rate))}`];
  });
  const outline = `M${points.join('L')}`;
  const filled = `M${area.left} ${area.bottom}L${points.join('L')}L${area.right} ${area.bottom}Z`;
  const drawn = checkpoints.filter(({ at }) => Date.parse(at) <= start + time);
  const landed = drawn.map(({ at }) => {
    const here = Math.round(x.at((Date.parse(at) - start) / ms));
    return element('line', { x1: here, y1: area.bottom, x2: here, y2: area.bottom + 6 });
  });
  const wentOn = resumed.map((at) => {
    const here = Math.round(x.at((at - start) / ms));
    return element('line', { x1: here, y1: area.top, x2: here, y2: area.bottom });
  });
  const total = checkpoints.reduce((sum, { rows }) => sum + rows, 0);
  const since = unsaved === 0 ? '' : ` and ${grouped(Math.round(unsaved))} not saved yet`;
  const mean = perSecond.reduce((sum, rate) => sum + rate, 0) / perSecond.length;
  const again = resumed.length === 0 ? '' : '; dashed: resumed';
  const note = `${grouped(total)} sequences in ${grouped(checkpoints.length)} checkpoints (ticks)${since}, mean ${grouped(Number(mean.toPrecision(3)))} per second, since ${new Date(start).toISOString().slice(0, 16).replace('T', ' ')} UTC${again}`;
  const marks = [
    element('path', { d: filled, fill: '#2f6f9f', 'fill-opacity': 0.18 }),
    element('path', { d: outline, fill: 'none', stroke: '#2f6f9f', 'stroke-width': 1.5 }),
    element('g', { stroke: '#c0392b', 'stroke-dasharray': '5 4' }, thinned(wentOn).join('') || ' '),
    element('g', { stroke: '#b7791f', 'stroke-opacity': 0.7 }, thinned(landed).join('')),
  ];
  return chart({ title, note, area, x, y, marks: marks.join('\n') });
}

/** Marks on the same pixel are one. */
const thinned = (marks: readonly string[]): string[] => [...new Set(marks)];
