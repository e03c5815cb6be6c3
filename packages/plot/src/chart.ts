import { scaleLinear, scaleLog } from 'd3-scale';
import { element, escaped, rounded, shortened, text } from './svg.js';

/** Size of a picture, and of the margins around what is plotted, in pixels. */
export const [WIDTH, HEIGHT] = [960, 600];
export const MARGIN = { top: 76, left: 108, bottom: 64 } as const;

/** What is plotted lies between these. */
export interface Area {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** @param legend room at the right. */
export const areaWith = (legend: number): Area => ({
  left: MARGIN.left,
  right: WIDTH - legend,
  top: MARGIN.top,
  bottom: HEIGHT - MARGIN.bottom,
});

/** An axis: where a value lies, and what is written at it. */
export interface Axis {
  label: string;
  at(value: number): number;
  ticks: readonly { value: number; label: string }[];
}

/** About so many ticks. */
const [TICKS_X, TICKS_Y] = [8, 6];

interface Range {
  label: string;
  /** The first and the last value. */
  domain: readonly [number, number];
  /** Widens the domain to round values. */
  nice?: boolean;
  log?: boolean;
  /** Whether values are whole numbers: then no tick stands between two of them. */
  whole?: boolean;
}

/** A number with thousands separated, such as 12,000 or 0.25. */
export const grouped = (value: number): string => {
  const [whole = '', part] = String(Number(value.toPrecision(12))).split('.');
  const digits = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  const number = part === undefined ? digits : `${digits}.${part}`;
  return number.replace('-', '−');
};

function axis(
  { label, domain, nice = false, log = false, whole = false }: Range,
  pixels: [number, number],
  count: number,
): Axis {
  const scale = log ? scaleLog() : scaleLinear();
  scale.domain(domain).range(pixels);
  if (nice) scale.nice(count);
  const [low = 0, high = 0] = scale.domain();
  const ticks = log ? logTicks(low, high) : scale.ticks(count);
  return {
    label,
    at: (value) => scale(value),
    ticks: ticks
      .filter((value) => !whole || Number.isInteger(value))
      .map((value) => ({ value, label: grouped(value) })),
  };
}

/** 1, 2 and 5 of each power of ten, or only the powers if they are many. */
function logTicks(low: number, high: number): number[] {
  const steps = Math.log10(high / low) > 3 ? [1] : [1, 2, 5];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
    for (const step of steps) ticks.push(Number((step * 10 ** power).toPrecision(3)));
  return ticks.filter((tick) => tick >= low && tick <= high);
}

export const axisX = (area: Area, range: Range): Axis => axis(range, [area.left, area.right], TICKS_X);
export const axisY = (area: Area, range: Range): Axis => axis(range, [area.bottom, area.top], TICKS_Y);

/** Pixels of a digit in the widest of the fonts, DejaVu Sans. */
export const DIGIT = 8.3;

const INK = '#1f2933';
const FAINT = '#52606d';
const GRID = '#e4e7eb';

export interface Chart {
  title: string;
  /** What the picture is of, below the title. */
  note: string;
  area: Area;
  x: Axis;
  y: Axis;
  /** SVG of what is plotted. */
  marks: string;
  /** SVG beside it. */
  legend?: string;
}

/** A whole picture: it has a light background of its own, so it can be read on any page. */
export function chart({ title, note, area, x, y, marks, legend = '' }: Chart): string {
  const { left, right, top, bottom } = area;
  const grid = [
    ...x.ticks.map(({ value }) => [x.at(value), top, x.at(value), bottom] as const),
    ...y.ticks.map(({ value }) => [left, y.at(value), right, y.at(value)] as const),
  ].map(([x1, y1, x2, y2]) => element('line', { x1, y1, x2, y2 }));
  const numbers = [
    ...x.ticks.map(({ value, label }) => text(x.at(value), bottom + 20, label, { 'text-anchor': 'middle' })),
    ...y.ticks.map(({ value, label }) => text(left - 10, y.at(value) + 4, label, { 'text-anchor': 'end' })),
  ];
  const widest = Math.max(0, ...y.ticks.map(({ label }) => label.length)) * DIGIT;
  const besideNumbers = rounded(Math.max(16, left - 10 - widest - 16));
  const [middleX, middleY] = [(left + right) / 2, (top + bottom) / 2];
  const labels = [
    text(middleX, HEIGHT - 16, x.label, { 'text-anchor': 'middle' }),
    text(0, 0, y.label, {
      'text-anchor': 'middle',
      transform: `translate(${besideNumbers} ${middleY}) rotate(-90)`,
    }),
  ];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    element(
      'svg',
      {
        xmlns: 'http://www.w3.org/2000/svg',
        width: WIDTH,
        height: HEIGHT,
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        role: 'img',
        'font-family': 'Helvetica, Arial, Liberation Sans, sans-serif',
        'font-size': 13,
        fill: INK,
      },
      [
        '',
        element('title', {}, escaped(title)),
        element('rect', { width: WIDTH, height: HEIGHT, fill: '#ffffff' }),
        element('g', { stroke: GRID }, grid.join('')),
        marks,
        element('g', { stroke: FAINT }, element('line', { x1: left, y1: bottom, x2: right, y2: bottom })),
        element('g', { fill: FAINT }, numbers.join('')),
        element('g', { 'font-size': 14 }, labels.join('')),
        text(left, 34, shortened(title, 80), { 'font-size': 20, 'font-weight': 'bold' }),
        text(left, 56, shortened(note, 120), { fill: FAINT }),
        legend,
        '',
      ].join('\n'),
    ),
    '',
  ].join('\n');
}
