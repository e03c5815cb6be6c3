/** Element types, by their numbers in ONNX's TensorProto. */
export const ELEMENT = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  float16: 10,
  bfloat16: 16,
} as const;
export type ElementType = keyof typeof ELEMENT;

/** Bytes of one element. */
export const ELEMENT_BYTES: Readonly<Record<ElementType, number>> = {
  float32: 4,
  uint8: 1,
  int8: 1,
  int32: 4,
  int64: 8,
  float16: 2,
  bfloat16: 2,
};

/** Where a tensor's bytes are: little-endian, row-major, `length` bytes from `offset` of a file. */
export interface StoredTensor {
  type: ElementType;
  shape: readonly number[];
  /** Absolute path. */
  file: string;
  offset: number;
  length: number;
}
