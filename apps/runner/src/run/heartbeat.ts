import type { Layout } from '@holdfast/run-folder';
import type { Report } from '../events.js';
import { BeatFile } from './beat-file.js';
import { HeartbeatState } from './heartbeat-state.js';

/** Milliseconds between two heartbeats; a new phase and a loss of sequences are written at once. */
const EVERY = 5000;

/**
 * Writes what the command is doing into the run's folder, for `holdfast status`. Nothing else depends on it: it is not synced,
 * a failure to write it changes nothing, and no write is waited for but the last.
 */
export class Heartbeat {
  /** Reports to the command's own report, and listens. */
  readonly report: Report;
  readonly #file: BeatFile;
  readonly #state: HeartbeatState;
  #timer: NodeJS.Timeout | undefined;

  constructor({ heartbeat }: Pick<Layout, 'heartbeat'>, report: Report) {
    this.#file = new BeatFile(heartbeat);
    this.#state = new HeartbeatState(new Date());
    this.report = (event) => {
      report(event);
      const { phase, done } = this.#state;
      this.#state.heard(event, new Date());
      // A command that finds a finished run does no work, and leaves its folder alone.
      const turns =
        this.#state.phase !== phase ||
        this.#state.done < done ||
        event.type === 'paused' ||
        event.type === 'continued';
      if (this.#state.works && (turns || this.#timer === undefined)) this.#write();
    };
  }

  /** When the command began. */
  get started(): Date {
    return this.#state.started;
  }

  /** The shards of the run, and how many sequences of each are saved. */
  planned(
    run: string,
    shards: readonly { firstPosition: number; endPosition: number }[],
    saved: readonly number[],
  ): void {
    const sequences = shards.map(({ firstPosition, endPosition }) => endPosition - firstPosition);
    this.#state.planned(run, sequences, saved);
  }

  /**
   * Does the work of a command that holds the folder. Afterwards the heartbeat is gone, unless a run was begun that is not
   * complete: then it says why the command ended.
   */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#state.began = true;
    try {
      const done = await work();
      await this.#end(null);
      return done;
    } catch (error) {
      await this.#end(error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  #write(): void {
    if (!this.#state.began) return;
    this.#timer ??= setInterval(() => this.#write(), EVERY).unref();
    void this.#writeNow();
  }

  #writeNow(): Promise<void> {
    return this.#file.write(() => this.#state.text(new Date()));
  }

  async #end(message: string | null): Promise<void> {
    clearInterval(this.#timer);
    if (message !== null && this.#state.hasRun) {
      this.#state.ended(message, new Date());
      await this.#writeNow();
      return;
    }
    await this.#file.remove();
  }
}
