/** Several arrays put one after another in one, which crosses to a thread without being copied, and where each ends. */
export interface Joined<T> {
  all: T;
  ends: Float64Array<ArrayBuffer>;
}

/** Joins copies of arrays. @param make gives an array of zeros. */
export function joined<T extends Uint8Array | Int32Array>(
  arrays: readonly (Uint8Array | Int32Array)[],
  make: (length: number) => T,
): Joined<T> {
  const ends = new Float64Array(arrays.length);
  let length = 0;
  arrays.forEach((array, i) => {
    length += array.length;
    ends[i] = length;
  });
  const all = make(length);
  arrays.forEach((array, i) => {
    all.set(array, ends[i]! - array.length);
  });
  return { all, ends };
}

/** The arrays that were joined, as views. */
export function parted<T extends Uint8Array | Int32Array>({ all, ends }: Joined<T>): T[] {
  return Array.from(ends, (end, i) => all.subarray(i === 0 ? 0 : ends[i - 1]!, end) as T);
}
