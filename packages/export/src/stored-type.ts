import { RunFolderError, type storedTypeOf } from '@holdfast/run-folder';

/** How a result stores its numbers. */
export type StoredType = ReturnType<typeof storedTypeOf>;

/** How an export stores them: as the result does, or as float32 in any case. */
export type ExportedType = 'stored' | 'float32';

/** What every format has a place for. */
const WIDE = ['float32'] as const;

/** Bytes of a number. */
export const WIDTH: Readonly<Record<StoredType, number>> = { float32: 4, float16: 2, bfloat16: 2 };

/**
 * Whether numbers are to be widened to float32, which changes no value.
 *
 * @param holds the types that the format has a place for. Default: float32 alone.
 * @param wanted Default: as stored, if the format has a place for that.
 * @throws RunFolderError if the numbers are to stay as they are, and the format has no place for that.
 */
export function isWidened(
  dtype: StoredType,
  to: string,
  holds: readonly StoredType[] = WIDE,
  wanted?: ExportedType,
): boolean {
  if (dtype === 'float32') return false;
  if (wanted === 'float32') return true;
  if (holds.includes(dtype)) return false;
  if (wanted === undefined) return true;
  throw new RunFolderError(
    `--to ${to} has no ${dtype}, as the result stores its numbers; leave --dtype out to write float32, which changes no value`,
  );
}
