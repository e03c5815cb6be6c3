import { kind, oneOf, required } from '@holdfast/options';

/** Plain facts stored beside the rows; every PyTorch since 1.13 loads whole numbers and strings safely. */
export type Metadata = Record<string, string | number | boolean | null>;

const isPlain = (given: unknown): boolean => {
  if (typeof given !== 'object' || given === null) return false;
  const prototype: unknown = Object.getPrototypeOf(given);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};

export const isMetadata = required(kind('a plain object of facts, such as { model: "tnf" }', isPlain));

/** Rows on the host: `data` is row-major `[rows, dim]`. */
export interface Matrix {
  data: Float32Array;
  shape: readonly [rows: number, dim: number];
  /** What else each row's sequence has. Default: nothing. */
  values?: RowValues | undefined;
}

/** Numbers that each sequence has as many of as its length asks for, such as some for each of its tokens, in one piece or several. */
export interface RowValues {
  /** The pieces of the first row's sequence, then those of the second's, and so on. */
  data: Float32Array;
  /** Pieces of each row. */
  pieces: number;
  /** How many numbers each piece has, [rows, pieces]. */
  counts: readonly number[];
  /** Tokens of each row's sequence. */
  tokens: readonly number[];
}

/** Rows on a device, such as a tensor of onnxruntime; `getData` downloads them to the host. */
export interface DeviceMatrix {
  /** `[rows, dim]`. */
  shape?: readonly number[];
  /** The same under onnxruntime's name, if there is no `shape`. */
  dims?: readonly number[];
  /** Element type, if the tensor has one; must be `float32`. */
  type?: string;
  /** The rows, row-major; must be a Float32Array. */
  getData(): Promise<unknown>;
}

export const isRows = required(
  kind('rows: { data, shape }, or a device tensor', (given) => typeof given === 'object' && given !== null),
);

/** Element types of rows on disk. */
export type StorageType = 'float32' | 'float16' | 'bfloat16';

export const isStorage = oneOf(['float32', 'float16', 'bfloat16']);
