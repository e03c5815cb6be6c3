import type { Report, WorkEvent } from '../events.js';
import { RoomWait } from './room-wait.js';

/** Who waits for room: a worker's slot, or the command itself. */
type Who = number | 'command';

/** The pause of a run whose disk is full. It is reported once, whoever met it first, and its end when nobody waits any more. */
export class DiskPause {
  readonly #folder: string;
  readonly #report: Report;
  readonly #waiting = new Set<Who>();
  /** Those of them whose process has ended since. */
  readonly #gone = new Set<Who>();
  readonly #wait: RoomWait;
  readonly #signal: AbortSignal;
  readonly #pauses: boolean;
  #since = 0;

  /** @param folder of the run. @param pauses whether the command's own writes wait. */
  constructor(folder: string, report: Report, signal: AbortSignal, pauses: boolean) {
    this.#pauses = pauses;
    this.#folder = folder;
    this.#report = report;
    this.#signal = signal;
    this.#wait = new RoomWait({
      folder,
      signal,
      onFull: (problem) => this.full('command', problem),
      onRoom: () => this.room('command'),
    });
  }

  /** Follows the workers. */
  heard(event: WorkEvent): void {
    switch (event.type) {
      case 'disk_full':
        this.#gone.delete(event.slot);
        return this.full(event.slot, event.message);
      case 'disk_room':
        return this.room(event.slot);
      case 'exited':
        // That says nothing about the disk.
        if (this.#waiting.has(event.slot)) this.#gone.add(event.slot);
        return;
      case 'checkpoint':
        for (const slot of this.#gone) this.room(slot);
        this.#gone.clear();
    }
  }

  full(who: Who, problem: string): void {
    const first = this.#waiting.size === 0;
    this.#waiting.add(who);
    if (!first) return;
    this.#since = performance.now();
    this.#report({ type: 'paused', reason: 'disk_full', message: problem, folder: this.#folder });
  }

  /** There is room again. */
  room(who: Who): void {
    if (!this.#waiting.delete(who) || this.#waiting.size > 0 || this.#signal.aborted) return;
    const seconds = Math.round((performance.now() - this.#since) / 1000);
    this.#report({ type: 'continued', seconds });
  }

  /** Writes of the command itself, which wait for room. @param bytes that they need, about. @throws the signal's reason. */
  async during<T>(work: () => Promise<T>, bytes: number): Promise<T> {
    if (!this.#pauses) return work();
    return this.#wait.during(work, bytes).catch((error: unknown) => {
      this.#signal.throwIfAborted();
      throw error;
    });
  }
}
