import type { ShardRecords } from '../options.js';
import { asRecovery, type Recovery } from './recovery.js';

/**
 * Records the shards' failures for the next coordinator. Callers never wait; of several changes to a shard
 * only the newest is written.
 */
export class RecoveryKeeper {
  readonly #records: ShardRecords | undefined;
  readonly #onError: (shard: number, error: unknown) => void;
  /** Changes to write, by shard. */
  readonly #due = new Map<number, Recovery | null>();
  /** Shards that have a record. */
  readonly #kept = new Set<number>();
  #writing: Promise<void> | null = null;

  constructor(records: ShardRecords | undefined, onError: (shard: number, error: unknown) => void) {
    this.#records = records;
    this.#onError = onError;
  }

  /** Records of earlier coordinators. @throws what the records throw. */
  async load(shards: readonly number[]): Promise<Map<number, Recovery>> {
    const found = new Map<number, Recovery>();
    const kept = await this.#records?.recoveries();
    for (const shard of shards) {
      const recovery = asRecovery(kept?.get(shard));
      if (recovery === null) continue;
      found.set(shard, recovery);
      this.#kept.add(shard);
    }
    return found;
  }

  /** @param recovery null: the shard is settled, and its record is removed. */
  save(shard: number, recovery: Readonly<Recovery> | null): void {
    if (this.#records === undefined || (recovery === null && !this.#kept.has(shard))) return;
    if (recovery === null) this.#kept.delete(shard);
    else this.#kept.add(shard);
    this.#due.set(shard, recovery);
    this.#writing ??= this.#write();
  }

  /** A shard has come that has a record. */
  adopt(shard: number): void {
    this.#kept.add(shard);
  }

  /** A shard is another coordinator's now, and so is its record. */
  forget(shard: number): void {
    this.#kept.delete(shard);
    this.#due.delete(shard);
  }

  /** Whether a shard has a record. */
  has(shard: number): boolean {
    return this.#kept.has(shard);
  }

  redistributed(shard: number, newShard: number): void {
    this.#records?.recordRedistribution(shard, newShard).catch((error) => this.#onError(shard, error));
  }

  /** Resolves once every change is written or reported as an error. */
  async settled(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
  }

  async #write(): Promise<void> {
    for (const [shard, recovery] of this.#due) {
      this.#due.delete(shard);
      await this.#records!.recordRecovery(shard, recovery).catch((error) => this.#onError(shard, error));
    }
    this.#writing = null;
    if (this.#due.size > 0) this.#writing = this.#write();
  }
}
