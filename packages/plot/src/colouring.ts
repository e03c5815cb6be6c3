import { valueRange } from '@holdfast/projection';
import { interpolateViridis, schemeTableau10 } from 'd3-scale-chromatic';

/** Red, green and blue, each from 0 to 255. */
export type Rgb = readonly [number, number, number];

/** What colours the points of a map. */
export type Colouring =
  | {
      by: 'value';
      /** As words say it, such as `length`. */
      called: string;
      /** With its unit. */
      label: string;
      /** Of each row; NaN where it is not known. */
      values: Float32Array;
    }
  | {
      by: 'label';
      /** Such as `family`. */
      called: string;
      /** The label of each row, as a number in `names`; `names.length` where it has none. */
      of: Uint16Array;
      /** The most frequent first. */
      names: readonly string[];
      /** How many rows each name has, and behind them those without. */
      counts: readonly number[];
    }
  | { by: 'nothing' };

const GREY: Rgb = [132, 140, 150];
const PALE: Rgb = [205, 209, 214];
const PLAIN: Rgb = [47, 111, 159];

const parsed = (colour: string): Rgb => {
  const hex = /^#(..)(..)(..)$/.exec(colour);
  const numbers = hex
    ? hex.slice(1).map((each) => Number.parseInt(each, 16))
    : (colour.match(/\d+/g) ?? []).map(Number);
  return [numbers[0] ?? 0, numbers[1] ?? 0, numbers[2] ?? 0];
};

/** The lightest yellows of the scale are hard to see on white. */
const SCALE: readonly Rgb[] = Array.from({ length: 256 }, (_, at) =>
  parsed(interpolateViridis((at / 255) * 0.92)),
);
/** Without its grey, which is that of the others, and with a dark one instead: there are ten clusters. */
const LABELS: readonly Rgb[] = [...schemeTableau10.slice(0, -1).map(parsed), [31, 45, 61]];
/** Labels with a colour of their own; the others are one. */
const COLOURED = LABELS.length;

export const labelColour = (label: number): Rgb => LABELS[label] ?? GREY;

/** The colours of a scale from 0 to 1. */
export const scaleColour = (share: number): Rgb =>
  SCALE[Math.max(0, Math.min(255, Math.round(share * 255)))] ?? GREY;

/** How values become shares of a scale. */
export interface ValueScale {
  /** The values at the ends; what is beyond has the colour of the end. */
  low: number;
  high: number;
  /** The smallest and the largest of all. */
  least: number;
  most: number;
  shareOf(value: number): number;
}

/** The scale of the dashboard too: one long outlier does not take all colours. */
export function valueScale(values: Float32Array): ValueScale {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const { low, high } = valueRange(values);
  const width = high - low;
  return { low, high, least, most, shareOf: (value) => (width > 0 ? (value - low) / width : 0.5) };
}

/** The colour of each row. */
export function colourOf(colouring: Colouring): (row: number) => Rgb {
  if (colouring.by === 'nothing') return () => PLAIN;
  if (colouring.by === 'label') {
    const { of, names } = colouring;
    return (row) => (of[row] === names.length ? PALE : labelColour(of[row]!));
  }
  const { shareOf } = valueScale(colouring.values);
  return (row) => {
    const value = colouring.values[row]!;
    return Number.isNaN(value) ? PALE : scaleColour(shareOf(value));
  };
}

/** Names that are shown one by one, and the number of rows of all others. */
export function shownNames({ names, counts }: Extract<Colouring, { by: 'label' }>) {
  const shown = names
    .slice(0, COLOURED)
    .map((name, at) => ({ name, rows: counts[at]!, colour: labelColour(at) }));
  const others = counts.slice(COLOURED, names.length).reduce((sum, each) => sum + each, 0);
  const without = counts[names.length] ?? 0;
  return [
    ...shown,
    ...(others > 0 ? [{ name: otherNames(names), rows: others, colour: GREY }] : []),
    ...(without > 0 ? [{ name: 'no label', rows: without, colour: PALE }] : []),
  ];
}

/** One alone has its name. */
const otherNames = (names: readonly string[]): string =>
  names.length === COLOURED + 1 ? names[COLOURED]! : `${names.length - COLOURED} other labels`;
