import type { Colour } from '../data/source.js';
import { grouped } from '../words.js';

/** The value that colours a point, with its name: `Length: 212`. Null if it has none. */
export function valueWords(colour: Colour | null, point: number | null): string | null {
  if (colour === null || point === null) return null;
  const { header, data } = colour;
  const value = data[point];
  if (value === undefined || Number.isNaN(value)) return null;
  const shown = header.kind === 'category' ? header.names[value] : number(value);
  return shown === undefined ? null : `${header.name}: ${shown}`;
}

/** A float32 with the digits that it has: 0.93, not 0.9300000071525574. */
const number = (value: number) =>
  Number.isInteger(value) && Math.abs(value) < 1e15 ? grouped(value) : `${Number(value.toPrecision(7))}`;
