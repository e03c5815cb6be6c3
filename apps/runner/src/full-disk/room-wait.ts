import { statfs } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { systemErrorCode, systemErrorIn } from '@holdfast/durable';

/** Milliseconds between two looks at the free space. */
const LOOK_EVERY = 1000;
/** The most milliseconds between two attempts if more than free space is missing: a quota, say, or inodes. */
const LONGEST = 30_000;
/** After this long it is tried whatever the system says is free. */
const TRY_ANYWAY = 60_000;

export interface RoomWaitOptions {
  /** On the disk that is full. */
  folder: string;
  /** Ends every wait. */
  signal: AbortSignal;
  /** The first write has to wait, because of this; then all have been done. */
  onFull(problem: string): void;
  onRoom(): void;
  /** Called at each look, while something waits. */
  onLook?(): void;
}

/** Whether a write failed because the disk or a quota is full. */
export const isFullDisk = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT'].includes(systemErrorCode(systemErrorIn(error)) ?? '');

/** Holds writes back while a disk is full. */
export class RoomWait {
  readonly #options: RoomWaitOptions;
  /** How often each write that waits has failed. */
  readonly #failed = new Map<unknown, number>();

  constructor(options: RoomWaitOptions) {
    this.#options = options;
  }

  /** Writes, as often as that takes. @param bytes that it needs, about. @throws what the work throws for another reason, or once the wait is ended. */
  async during<T>(work: () => Promise<T>, bytes: number): Promise<T> {
    const write = Symbol();
    for (;;) {
      try {
        const value = await work();
        this.done(write);
        return value;
      } catch (error) {
        if (!(await this.afterFailure(write, error, bytes))) throw error;
      }
    }
  }

  /**
   * After a write has failed.
   *
   * @param write tells writes apart.
   * @returns true once it is worth another attempt; false if it failed for another reason, or the wait is ended.
   */
  async afterFailure(write: unknown, error: unknown, bytes: number): Promise<boolean> {
    const { signal, onFull } = this.#options;
    if (!isFullDisk(error) || signal.aborted) return this.#giveUp(write);
    const failures = (this.#failed.get(write) ?? 0) + 1;
    const first = this.#failed.size === 0;
    this.#failed.set(write, failures);
    if (first) onFull(error instanceof Error ? (systemErrorIn(error) as Error).message : String(error));
    return (await this.#room(bytes, failures)) || this.#giveUp(write);
  }

  /** A write is done. */
  done(write: unknown): void {
    if (this.#failed.delete(write) && this.#failed.size === 0) this.#options.onRoom();
  }

  #giveUp(write: unknown): false {
    this.#failed.delete(write);
    return false;
  }

  /** @returns false if the wait is ended. */
  async #room(bytes: number, failures: number): Promise<boolean> {
    const { folder, signal, onLook } = this.#options;
    const begun = performance.now();
    const least = Math.min(LONGEST, LOOK_EVERY * 2 ** (failures - 1));
    for (;;) {
      try {
        await delay(LOOK_EVERY, undefined, { signal });
      } catch {
        return false;
      }
      onLook?.();
      const free = await freeBytes(folder);
      if (isWorthTrying({ waited: performance.now() - begun, least, free, bytes })) return true;
    }
  }
}

/** Whether to try a write again. @param waited milliseconds so far. @param free null if it is not known. */
export function isWorthTrying({
  waited,
  least,
  free,
  bytes,
}: {
  waited: number;
  least: number;
  free: number | null;
  bytes: number;
}): boolean {
  if (waited < least) return false;
  return free === null || free >= bytes || waited >= TRY_ANYWAY;
}

const freeBytes = (folder: string): Promise<number | null> =>
  statfs(folder).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => null,
  );
