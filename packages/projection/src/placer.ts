import { centresOf, nearestCentre, squared } from './cells.js';

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
  const { starts, members } = sorted(sampled, width, centres);
  const cells = new Nearest(Math.min(SEARCHED, centres.length / width));
  const near = new Nearest(Math.min(NEIGHBOURS, count));
  return (points, at, to, put) => {
    cells.clear();
    for (let cell = 0; cell < starts.length - 1; cell++)
      cells.offer(cell, squared(centres, cell * width, points, at, width));
    near.clear();
    for (const cell of cells.which)
      for (let place = starts[cell]!; place < starts[cell + 1]!; place++)
        near.offer(members[place]!, squared(sampled, members[place]! * width, points, at, width, near.worst));
    const scale = near.found === 0 ? 1 : near.distances[near.found - 1]! || 1;
    let [x, y, sum] = [0, 0, 0];
    for (let each = 0; each < near.found; each++) {
      // A point that was sampled itself stays where it is.
      const weight = 1 / (near.distances[each]! / scale + 1e-9);
      x += weight * map[near.which[each]! * 2]!;
      y += weight * map[near.which[each]! * 2 + 1]!;
      sum += weight;
    }
    to[put] = x / sum;
    to[put + 1] = y / sum;
  };
}

/** The sampled points by cell: those of cell `c` are `members[starts[c]]` to before `members[starts[c + 1]]`. */
function sorted(sampled: Float32Array, width: number, centres: Float32Array) {
  const count = sampled.length / width;
  const of = Uint32Array.from({ length: count }, (_, row) =>
    nearestCentre(centres, width, sampled, row * width),
  );
  const members = Uint32Array.from(of.keys()).sort((a, b) => of[a]! - of[b]! || a - b);
  const starts = new Uint32Array(centres.length / width + 1);
  for (const cell of of) starts[cell + 1]!++;
  for (let cell = 1; cell < starts.length; cell++) starts[cell]! += starts[cell - 1]!;
  return { starts, members };
}

/** The few nearest of many. One object for all points: a million of them must make no garbage. */
class Nearest {
  readonly which: Uint32Array;
  readonly distances: Float64Array;
  found = 0;

  constructor(size: number) {
    this.which = new Uint32Array(size);
    this.distances = new Float64Array(size);
  }

  /** Nothing that is this far is among them. */
  get worst(): number {
    return this.found < this.which.length ? Number.POSITIVE_INFINITY : this.distances[this.found - 1]!;
  }

  clear(): void {
    this.found = 0;
  }

  offer(each: number, distance: number): void {
    if (distance >= this.worst) return;
    let place = this.found < this.which.length ? this.found++ : this.found - 1;
    for (; place > 0 && this.distances[place - 1]! > distance; place--) {
      this.distances[place] = this.distances[place - 1]!;
      this.which[place] = this.which[place - 1]!;
    }
    this.distances[place] = distance;
    this.which[place] = each;
  }
}
