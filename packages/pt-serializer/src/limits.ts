import { atLeast, object } from '@holdfast/options';

/** Limits on the cost of reading one file. Each is checked before the memory or time is spent. */
export interface PtLimits {
  /** Members of the archive. Default 2²⁰. */
  members: number;
  /** Bytes of `data.pkl`, or of all pickles of the container before PyTorch 1.6. Default 1 GiB. */
  pickleBytes: number;
  /** Steps of the pickle machine. Default 2²⁷. */
  opcodes: number;
  /** Values that the pickle creates; a container counts as sixteen. Default 2²⁶, about 1 GiB of heap. */
  values: number;
  /** Entries of the memo. Default 2²⁴, the capacity of V8's Map. */
  memo: number;
  /**
   * Worst-case comparisons of numeric keys of dicts and items of sets. A file can choose them such that each
   * is compared with all others; close whole numbers take few comparisons. Default 2³⁰: a few seconds.
   */
  keyComparisons: number;
  /** Nesting of dicts, lists and tuples. Default 1,000, which is safe for code that recurses over a value. */
  depth: number;
  /** Bytes of one string. Default 2²⁸. */
  stringBytes: number;
  /** Bytes of one int. Default 2²⁴. */
  integerBytes: number;
  /**
   * Bytes to read of a tensor with more elements than its storage (repeated by a stride of 0). Default 256
   * MiB. The file bounds a tensor no larger than its storage.
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

/** All limits, with defaults. @param limits checked limits. */
export function withDefaults(limits: Partial<PtLimits> = {}): PtLimits {
  const full = { ...DEFAULT_LIMITS };
  for (const name of Object.keys(full) as (keyof PtLimits)[]) full[name] = limits[name] ?? full[name];
  return full;
}
