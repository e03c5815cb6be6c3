/** How numbers of a result are stored. */
export const STORED_TYPES = ['float32', 'float16', 'bfloat16'] as const;
export type StoredType = (typeof STORED_TYPES)[number];
