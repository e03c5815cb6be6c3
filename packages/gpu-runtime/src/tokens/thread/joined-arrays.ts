/**
 * Several arrays concatenated into one, which is transferred to a thread without a copy, and where each ends.
 */
export interface Joined<T> {
  all: T;
  ends: Float64Array<ArrayBuffer>;
}

/** Concatenates copies of arrays. @param make returns an array of zeros. */
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

/** The original arrays, as views. */
export function parted<T extends Uint8Array | Int32Array>({ all, ends }: Joined<T>): T[] {
  return Array.from(ends, (end, i) => all.subarray(i === 0 ? 0 : ends[i - 1]!, end) as T);
}
