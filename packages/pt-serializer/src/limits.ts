import { atLeast, object } from '@holdfast/options';

/** The most that reading one file may cost. Each limit is checked before the memory or time is spent. */
export interface PtLimits {
  /** Members of the archive. Default 2²⁰. */
  members: number;
  /** Bytes of `data.pkl`, or of all pickles of the container before PyTorch 1.6. Default 1 GiB. */
  pickleBytes: number;
  /** Steps of the pickle machine. Default 2²⁷. */
  opcodes: number;
  /** Values the pickle makes, each container counted as sixteen. Default 2²⁶, about 1 GiB of heap. */
  values: number;
  /** Entries of the memo. Default 2²⁴, which is what a Map of V8 holds. */
  memo: number;
  /**
   * Comparisons that keys of dicts and items of sets may take at worst that are numbers: a file can choose them so that each
   * takes as many as there are others. Whole numbers that lie close to each other take few. Default 2³⁰: some seconds.
   */
  keyComparisons: number;
  /** Dicts, lists and tuples within each other. Default 1,000: code that recurses over a value is safe with it. */
  depth: number;
  /** Bytes of one string. Default 2²⁸. */
  stringBytes: number;
  /** Bytes of one int. Default 2²⁴. */
  integerBytes: number;
  /**
   * Bytes of one tensor that has more elements than its storage (one repeated by a stride of 0), when it is read.
   * Default 256 MiB. A tensor no larger than its storage is bounded by the file.
   */
  expandedBytes: number;
}

const limit = atLeast(0);

export const areLimits = object<Partial<PtLimits>>({
  members: limit,
  pickleBytes: limit,
  opcodes: limit,
  values: limit,
  memo: limit,
  keyComparisons: limit,
  depth: limit,
  stringBytes: limit,
  integerBytes: limit,
  expandedBytes: limit,
});

export const DEFAULT_LIMITS: Readonly<PtLimits> = {
  members: 2 ** 20,
  pickleBytes: 2 ** 30,
  opcodes: 2 ** 27,
  values: 2 ** 26,
  memo: 2 ** 24,
  keyComparisons: 2 ** 30,
  depth: 1000,
  stringBytes: 2 ** 28,
  integerBytes: 2 ** 24,
  expandedBytes: 2 ** 28,
};

/** Limits in full. @param limits those that were checked. */
export function withDefaults(limits: Partial<PtLimits> = {}): PtLimits {
  const full = { ...DEFAULT_LIMITS };
  for (const name of Object.keys(full) as (keyof PtLimits)[]) full[name] = limits[name] ?? full[name];
  return full;
}
