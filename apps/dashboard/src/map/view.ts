/** What part of the map is seen: the point in the middle, and CSS pixels for a unit of the map. */
export interface View {
  x: number;
  y: number;
  scale: number;
}

export interface Size {
  width: number;
  height: number;
}

export type Place = readonly [x: number, y: number];

/** The places of points between −1 and 1, equally stretched in both directions. Those that are no numbers go to the middle. */
export function fitted(map: Float32Array): Float32Array {
  const low = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const high = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let at = 0; at < map.length; at++) {
    const value = map[at]!;
    if (value < low[at % 2]!) low[at % 2] = value;
    if (value > high[at % 2]!) high[at % 2] = value;
  }
  const middle = [0, 1].map((axis) => (low[axis]! + high[axis]!) / 2);
  const half = Math.max(high[0]! - low[0]!, high[1]! - low[1]!) / 2 || 1;
  return map.map((value, at) => (Number.isFinite(value) ? (value - middle[at % 2]!) / half : 0));
}

/** The view that shows everything. */
export const whole = ({ width, height }: Size): View => ({
  x: 0,
  y: 0,
  scale: 0.47 * Math.max(1, Math.min(width, height)),
});

export const toScreen = ([x, y]: Place, view: View, { width, height }: Size): Place => [
  width / 2 + (x - view.x) * view.scale,
  height / 2 - (y - view.y) * view.scale,
];

export const toMap = ([x, y]: Place, view: View, { width, height }: Size): Place => [
  view.x + (x - width / 2) / view.scale,
  view.y - (y - height / 2) / view.scale,
];

/** Magnifies around a place on the screen, which stays where it is. */
export function zoomed(view: View, by: number, around: Place, size: Size): View {
  const least = whole(size).scale / 4;
  const scale = Math.min(least * 4e5, Math.max(least, view.scale * by));
  const [x, y] = toMap(around, view, size);
  const grown = { ...view, scale };
  const [nextX, nextY] = toMap(around, grown, size);
  return { ...grown, x: view.x + x - nextX, y: view.y + y - nextY };
}

/** Moves by CSS pixels. */
export const moved = (view: View, dx: number, dy: number): View => ({
  ...view,
  x: view.x - dx / view.scale,
  y: view.y + dy / view.scale,
});

/** The points whose places are within a polygon (even–odd rule). @param polygon places on the map. */
export function within(points: Float32Array, polygon: readonly Place[]): Uint32Array {
  if (polygon.length < 3) return new Uint32Array();
  const [xs, ys] = [polygon.map(([x]) => x), polygon.map(([, y]) => y)];
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [low, high] = [Math.min(...ys), Math.max(...ys)];
  const found: number[] = [];
  for (let at = 0; at < points.length; at += 2) {
    const [x, y] = [points[at]!, points[at + 1]!];
    if (x < left || x > right || y < low || y > high) continue;
    let inside = false;
    for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
      if (ys[i]! > y === ys[j]! > y) continue;
      if (x < ((xs[j]! - xs[i]!) * (y - ys[i]!)) / (ys[j]! - ys[i]!) + xs[i]!) inside = !inside;
    }
    if (inside) found.push(at / 2);
  }
  return Uint32Array.from(found);
}
