import { rm } from 'node:fs/promises';
import { crc32 } from '@holdfast/pt-serializer';
import { AppendFile } from './index-store/append-file.js';
import type { SequenceIndex } from './index-store/sequence-index.js';
import type { KeptRows } from './with-copies.js';

/**
 * Keeps the rows of those sequences that have copies, in a scratch file, until the copies need them. Holds 8 bytes of
 * memory for each.
 */
export class CopiedRows implements KeptRows, AsyncDisposable {
  readonly #ordinals: Uint32Array;
  readonly #sums: Uint32Array;
  readonly #file: AppendFile;
  #kept = 0;

  private constructor(ordinals: Uint32Array, file: AppendFile) {
    this.#ordinals = ordinals;
    this.#sums = new Uint32Array(ordinals.length);
    this.#file = file;
  }

  /** @param scratch a file that is overwritten, and removed in the end. */
  static async open(
    index: Pick<SequenceIndex, 'sequences' | 'eachCopy'>,
    scratch: string,
  ): Promise<CopiedRows> {
    return new CopiedRows(await originalsOf(index), await AppendFile.create(scratch));
  }

  /** Keeps a sequence's row if it has copies. Ordinals must ascend. */
  keep(ordinal: number, row: Float32Array): void {
    const slot = this.#slotOf(ordinal);
    if (slot < 0) return;
    const bytes = bytesOf(row);
    this.#sums[slot] = crc32(bytes);
    // A sequence without a row keeps its slot, so that a slot's place follows from its number.
    for (; this.#kept < slot; this.#kept++) this.#file.append(new Uint8Array(bytes.length));
    this.#file.append(bytes);
    this.#kept++;
  }

  /** Writes what was kept, once it is much. To be awaited after each few rows. */
  settle(): Promise<void> {
    return this.#file.settle();
  }

  /** The row of a sequence that was kept. @param row receives it. */
  read(ordinal: number, row: Float32Array): void {
    const slot = this.#slotOf(ordinal);
    const bytes = this.#file.readBack(slot * row.byteLength, row.byteLength);
    if (crc32(bytes) !== this.#sums[slot])
      throw new Error(`${this.#file.path}: row ${slot} is not what was written; check the disk`);
    bytesOf(row).set(bytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
    await rm(this.#file.path, { force: true });
  }

  /** -1 for a sequence without copies. */
  #slotOf(ordinal: number): number {
    let [low, high] = [0, this.#ordinals.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ordinals[middle]! < ordinal) low = middle + 1;
      else high = middle;
    }
    return this.#ordinals[low] === ordinal ? low : -1;
  }
}

const bytesOf = (row: Float32Array) => new Uint8Array(row.buffer, row.byteOffset, row.byteLength);

/** The ordinals of all sequences that have copies, ascending. */
async function originalsOf(index: Pick<SequenceIndex, 'sequences' | 'eachCopy'>): Promise<Uint32Array> {
  const has = new Uint8Array(Math.ceil(index.sequences / 8));
  let count = 0;
  await index.eachCopy((_, original) => {
    const bit = 1 << (original & 7);
    if ((has[original >>> 3]! & bit) === 0) count++;
    has[original >>> 3]! |= bit;
  });
  const ordinals = new Uint32Array(count);
  for (let ordinal = 0, at = 0; at < count; ordinal++)
    if ((has[ordinal >>> 3]! & (1 << (ordinal & 7))) !== 0) ordinals[at++] = ordinal;
  return ordinals;
}
