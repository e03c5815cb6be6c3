const CHUNK_IDS = 1 << 14;
const FIRST_SLOTS = 1 << 10;
/** Load factor: double hashing needs about five probes per ID at this load. */
const MOST_LOAD = 0.8;
const FIRST_SEED = 0x9747b28c;
const SECOND_SEED = 0x3c6ef372;

/**
 * Finds duplicates among many millions of IDs, in 13 to 18 bytes per ID: 8 for two 32-bit hashes, the rest
 * for an open-addressing table, which is rebuilt from the hashes when it grows. The caller stores the IDs.
 */
export class IdSet {
  readonly #idAt: (ordinal: number) => Uint8Array;
  readonly #hash: (id: Uint8Array, seed: number) => number;
  /** Two hashes per ordinal, in chunks, so growth copies nothing. */
  readonly #hashes: Uint32Array[] = [];
  /** Ordinal + 1, or 0 if free. */
  #slots = new Uint32Array(FIRST_SLOTS);
  #size = 0;

  /**
   * @param idAt returns an earlier ID; called only if both hashes agree.
   * @param hash 32-bit hash; tests replace it to force collisions.
   */
  constructor(
    idAt: (ordinal: number) => Uint8Array,
    hash: (id: Uint8Array, seed: number) => number = hashBytes,
  ) {
    this.#idAt = idAt;
    this.#hash = hash;
  }

  /** Bytes in use. */
  get byteLength(): number {
    return this.#slots.byteLength + this.#hashes.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  }

  /**
   * Adds the next ordinal's ID, unless an earlier one has it.
   *
   * @returns the earlier ordinal with the same ID, or -1 if there is none.
   */
  add(id: Uint8Array): number {
    if (this.#size + 1 > MOST_LOAD * this.#slots.length) this.#grow();
    const first = this.#hash(id, FIRST_SEED) >>> 0;
    const second = this.#hash(id, SECOND_SEED) >>> 0;
    const slot = this.#slotOf(id, first, second);
    const held = this.#slots[slot]!;
    if (held !== 0) return held - 1;
    const at = 2 * (this.#size % CHUNK_IDS);
    if (at === 0) this.#hashes.push(new Uint32Array(2 * CHUNK_IDS));
    const chunk = this.#hashes.at(-1)!;
    chunk[at] = first;
    chunk[at + 1] = second;
    this.#slots[slot] = ++this.#size;
    return -1;
  }

  /** The ordinal with this ID, or -1. Adds nothing. */
  find(id: Uint8Array): number {
    const first = this.#hash(id, FIRST_SEED) >>> 0;
    const second = this.#hash(id, SECOND_SEED) >>> 0;
    return this.#slots[this.#slotOf(id, first, second)]! - 1;
  }

  /** The slot that has the ID, or else the free slot where it belongs. */
  #slotOf(id: Uint8Array, first: number, second: number): number {
    const mask = this.#slots.length - 1;
    let slot = first & mask;
    for (;;) {
      const held = this.#slots[slot]!;
      if (held === 0) return slot;
      if (this.#agrees(held - 1, first, second) && Buffer.compare(this.#idAt(held - 1), id) === 0)
        return slot;
      slot = (slot + (second | 1)) & mask;
    }
  }

  #agrees(ordinal: number, first: number, second: number): boolean {
    const chunk = this.#hashes[Math.floor(ordinal / CHUNK_IDS)]!;
    const at = 2 * (ordinal % CHUNK_IDS);
    return chunk[at] === first && chunk[at + 1] === second;
  }

  #grow(): void {
    const slots = new Uint32Array(2 * this.#slots.length);
    // The new table is filled from the hashes, not from the old table.
    this.#slots = slots;
    const mask = slots.length - 1;
    for (let ordinal = 0; ordinal < this.#size; ordinal++) {
      const chunk = this.#hashes[Math.floor(ordinal / CHUNK_IDS)]!;
      const at = 2 * (ordinal % CHUNK_IDS);
      const step = chunk[at + 1]! | 1;
      let slot = chunk[at]! & mask;
      while (slots[slot] !== 0) slot = (slot + step) & mask;
      slots[slot] = ordinal + 1;
    }
  }
}

/** FNV-1a with a seed, with the finalizer of MurmurHash3: the low bits depend on all bytes. */
function hashBytes(id: Uint8Array, seed: number): number {
  let hash = seed;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id[i]!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
