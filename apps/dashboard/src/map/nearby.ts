import KDBush from 'kdbush';

/** Finds the point that is nearest to a place. */
export class Nearby {
  readonly #index: KDBush;

  /** Takes some tenths of a second for a million points. @param places [points, 2]. */
  constructor(private readonly places: Float32Array) {
    this.#index = new KDBush(places.length / 2, 64, Float32Array);
    for (let at = 0; at < places.length; at += 2) this.#index.add(places[at]!, places[at + 1]!);
    this.#index.finish();
  }

  /** Null if none is as near as `reach`. */
  nearest(x: number, y: number, reach: number): number | null {
    let found: number | null = null;
    let least = Number.POSITIVE_INFINITY;
    for (const point of this.#index.within(x, y, reach)) {
      const distance = Math.hypot(this.places[point * 2]! - x, this.places[point * 2 + 1]! - y);
      if (distance < least) [found, least] = [point, distance];
    }
    return found;
  }
}
