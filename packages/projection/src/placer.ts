import { centresOf, squared } from './cells.js';

/** Cells that are searched for a point's neighbours. */
const SEARCHED = 3;

/** Neighbours that place a point. */
const NEIGHBOURS = 4;

/**
 * Places points on a map of sampled points: each at the mean of its nearest sampled neighbours, weighted by nearness. The sampled
 * points are sorted into cells, and the three nearest cells are searched, so a neighbour across may be missed.
 *
 * @param sampled row-major [samples, width]. @param map their places, row-major [samples, 2].
 * @returns what writes the place of the point at an offset.
 */
export function placer(
  sampled: Float32Array,
  width: number,
  map: Float32Array,
  random: () => number,
): (points: Float32Array, at: number, to: Float32Array, put: number) => void {
  const count = sampled.length / width;
  const centres = centresOf(sampled, width, Math.ceil(Math.sqrt(count)), random);
  const members: number[][] = Array.from({ length: centres.length / width }, () => []);
  for (let row = 0; row < count; row++)
    members[
      best(members.length, 1, (cell) => squared(centres, cell * width, sampled, row * width, width))[0]!.at
    ]!.push(row);
  return (points, at, to, put) => {
    const cells = best(members.length, SEARCHED, (cell) => squared(centres, cell * width, points, at, width));
    const near = cells.flatMap(({ at: cell }) => members[cell]!);
    const found = best(near.length, NEIGHBOURS, (each) =>
      squared(sampled, near[each]! * width, points, at, width),
    );
    const scale = found.at(-1)!.distance || 1;
    let [x, y, sum] = [0, 0, 0];
    for (const { at: each, distance } of found) {
      // A point that was sampled itself stays where it is.
      const weight = 1 / (distance / scale + 1e-9);
      x += weight * map[near[each]! * 2]!;
      y += weight * map[near[each]! * 2 + 1]!;
      sum += weight;
    }
    to[put] = x / sum;
    to[put + 1] = y / sum;
  };
}

/** The `wanted` of `count` things that are nearest, the nearest first. */
function best(
  count: number,
  wanted: number,
  distanceOf: (at: number) => number,
): { at: number; distance: number }[] {
  const found: { at: number; distance: number }[] = [];
  for (let at = 0; at < count; at++) {
    const distance = distanceOf(at);
    if (found.length === wanted && distance >= found.at(-1)!.distance) continue;
    let place = found.length;
    while (place > 0 && found[place - 1]!.distance > distance) place--;
    found.splice(place, 0, { at, distance });
    if (found.length > wanted) found.pop();
  }
  return found;
}
