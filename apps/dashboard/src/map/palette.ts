import type { Colour } from '../data/source.js';

export type Rgb = readonly [red: number, green: number, blue: number];

/** Ten hues that stay apart on light and dark, also for most who do not see all colours; then grey for all others. */
const HUES: readonly Rgb[] = [
  [31, 119, 180],
  [230, 134, 36],
  [42, 157, 105],
  [204, 68, 75],
  [136, 106, 190],
  [23, 165, 186],
  [200, 98, 165],
  [150, 130, 40],
  [120, 90, 75],
  [98, 160, 60],
];
/** Of categories that are too small for a colour of their own. */
export const OTHER: Rgb = [104, 110, 116];
/** Of points without a label or a number. */
export const NONE: Rgb = [182, 185, 187];

/** From few to many: viridis without its ends, which would vanish on a dark or a light page. */
const RAMP: readonly Rgb[] = [
  [72, 58, 140],
  [49, 104, 142],
  [33, 145, 140],
  [60, 184, 110],
  [170, 215, 55],
];

/** A part of the points that has a colour of its own. */
export interface LegendEntry {
  name: string;
  count: number;
  colour: Rgb;
  /** Its category; null for all that share the last colour. */
  code: number | null;
}

export type Legend =
  | { kind: 'categories'; entries: LegendEntry[] }
  /** `low` and `high`: the values at the ends of the ramp; at most 1 in 100 points each are beyond. */
  | { kind: 'ramp'; low: number; high: number };

export interface Painted {
  /** Red, green, blue and 255 of each point. */
  colours: Uint8Array;
  legend: Legend;
}

/** Colours points by a value of each. */
export function painted({ header, data }: Colour): Painted {
  const colours = new Uint8Array(data.length * 4).fill(255);
  if (header.kind === 'number') {
    const { low, high } = header;
    for (let at = 0; at < data.length; at++) {
      const value = data[at]!;
      colours.set(Number.isNaN(value) ? NONE : ramp(high > low ? (value - low) / (high - low) : 0.5), at * 4);
    }
    return { colours, legend: { kind: 'ramp', low, high } };
  }
  const counts = new Map<number, number>();
  for (const code of data) counts.set(code, (counts.get(code) ?? 0) + 1);
  const blank = header.names[0] === '(no label)' ? 0 : null;
  const order = [...counts.keys()]
    .filter((code) => code !== blank)
    .sort((a, b) => counts.get(b)! - counts.get(a)! || a - b);
  const shown = order.slice(0, HUES.length);
  const hue = new Map(shown.map((code, at) => [code, HUES[at]!]));
  for (let at = 0; at < data.length; at++)
    colours.set(hue.get(data[at]!) ?? (data[at] === blank ? NONE : OTHER), at * 4);
  const entries: LegendEntry[] = shown.map((code) => ({
    name: header.names[code] ?? '',
    count: counts.get(code)!,
    colour: hue.get(code)!,
    code,
  }));
  const rest = order.slice(HUES.length);
  const left = rest.reduce((sum, code) => sum + counts.get(code)!, 0);
  if (rest.length > 0)
    entries.push({ name: `${rest.length} others`, count: left, colour: OTHER, code: null });
  if (blank !== null && counts.has(blank))
    entries.push({ name: header.names[blank]!, count: counts.get(blank)!, colour: NONE, code: blank });
  return { colours, legend: { kind: 'categories', entries } };
}

/** A colour of the ramp. @param share from 0 to 1. */
export function ramp(share: number): Rgb {
  const place = Math.min(1, Math.max(0, share)) * (RAMP.length - 1);
  const at = Math.min(RAMP.length - 2, Math.floor(place));
  const [from, to] = [RAMP[at]!, RAMP[at + 1]!];
  const mix = (channel: 0 | 1 | 2) =>
    Math.round(from[channel] + (to[channel] - from[channel]) * (place - at));
  return [mix(0), mix(1), mix(2)];
}

export const css = ([red, green, blue]: Rgb): string => `rgb(${red} ${green} ${blue})`;
