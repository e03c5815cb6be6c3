import { oneOf } from '@holdfast/options';

/**
 * When CRC-32 checksums are compared: `always`, so that before a part of a storage is read for the first time the whole
 * of it is; `whole`, only where all of a storage is read anyway; `never`.
 */
export type Checksums = 'always' | 'whole' | 'never';

export const isChecksums = oneOf(['always', 'whole', 'never']);

/** The content of a container, before it is known to be only data. */
export interface Content {
  value: unknown;
  /** Name of the pickle's member. */
  member?: string;
  verify(): Promise<void>;
}
