import { encode } from 'fast-png';
import type { Area } from './chart.js';
import type { Rgb } from './colouring.js';
import { element } from './svg.js';

/** Pixels of the picture for each pixel of the SVG. */
const SHARPNESS = 2;
/** How much of a pixel one point covers; many cover it all. */
const [LEAST, MOST] = [0.25, 0.85];

/** Where a point is on the chart, and its colour. */
export interface Points {
  count: number;
  x(row: number): number;
  y(row: number): number;
  colour(row: number): Rgb;
  /** Whether points that lie on each other have their mean colour; else that of one of them, whichever comes. */
  mixes: boolean;
}

/**
 * Points as a picture within an SVG, whatever their number: The PNG is made by
 * a library in JavaScript, so its bytes do not depend on the version of Node.js.
 */
export function rasterOf({ count, x, y, colour, mixes }: Points, { left, right, top, bottom }: Area): string {
  const [width, height] = [(right - left) * SHARPNESS, (bottom - top) * SHARPNESS];
  const sums = new Float32Array(width * height * 3);
  const counts = new Uint32Array(width * height);
  for (let row = 0; row < count; row++) {
    const [red, green, blue] = colour(row);
    const [column, line] = [Math.floor((x(row) - left) * SHARPNESS), Math.floor((y(row) - top) * SHARPNESS)];
    // A dot of two by two.
    for (const [right, down] of DOT) {
      if (column + right >= width || line + down >= height || column < 0 || line < 0) continue;
      const pixel = (line + down) * width + column + right;
      counts[pixel]!++;
      if (mixes) {
        sums[pixel * 3]! += red;
        sums[pixel * 3 + 1]! += green;
        sums[pixel * 3 + 2]! += blue;
        // Each point has the same chance, and always the same points are chosen.
      } else if (hash(row) % counts[pixel]! === 0) sums.set([red, green, blue], pixel * 3);
    }
  }
  const cover = coverOf(counts);
  const data = new Uint8Array(width * height * 4);
  for (let pixel = 0; pixel < counts.length; pixel++) {
    const points = counts[pixel]!;
    if (points === 0) continue;
    for (let channel = 0; channel < 3; channel++)
      // Few colours make a small file.
      data[pixel * 4 + channel] = Math.min(
        255,
        Math.round(sums[pixel * 3 + channel]! / (mixes ? points : 1) / 8) * 8,
      );
    data[pixel * 4 + 3] = Math.round((255 * (1 - (1 - cover) ** points)) / 15) * 15;
  }
  const png = encode({ width, height, data, channels: 4 }, { zlib: { level: 9 } });
  return element('image', {
    x: left,
    y: top,
    width: right - left,
    height: bottom - top,
    href: `data:image/png;base64,${Buffer.from(png).toString('base64')}`,
  });
}

/** A number that looks like chance, from 0 to 2^32. */
const hash = (row: number): number => (Math.imul(row ^ (row >>> 15), 0x2c1b3c6d) ^ 0x5bd1e995) >>> 8;

const DOT = [
  [0, 0],
  [1, 0],
  [0, 1],
  [1, 1],
] as const;

/** The less, the more points lie on each other. */
function coverOf(counts: Uint32Array): number {
  let [points, pixels] = [0, 0];
  for (const count of counts) {
    if (count === 0) continue;
    points += count;
    pixels++;
  }
  return Math.max(LEAST, Math.min(MOST, 2 / Math.max(1, points / Math.max(1, pixels))));
}
