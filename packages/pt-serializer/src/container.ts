import { oneOf } from '@holdfast/options';
import type { ChecksInOrder } from './zip/checks-in-order.js';

/**
 * When CRC-32 checksums are checked. `always`: before any part of a storage is read for the first time, which
 * reads all of it; `whole`: only when all of a storage is read anyway; `never`.
 */
export type Checksums = 'always' | 'whole' | 'never';

export const isChecksums = oneOf(['always', 'whole', 'never']);

/** The content of a container, not yet known to be plain data. */
export interface Content {
  value: unknown;
  /** Name of the pickle's member. */
  member?: string;
  verify(): Promise<void>;
  checksInOrder(): ChecksInOrder;
}
