import { open } from 'node:fs/promises';
import { systemErrorCode } from '@holdfast/durable';
import { type Layout, taskBeat } from '@holdfast/run-folder';
import { parseTaskBeat, type TaskBeat } from '@holdfast/status';
import { BeatFile } from '../run/beat-file.js';
import type { Lease } from './may-claim.js';

/** The most milliseconds between two beats. */
const EVERY = 5000;

/** Milliseconds for which the file system's time is not asked again. */
const FRESH = 1000;

/** Beats come often enough that several would be missing before the lease is over. */
export const leaseOf = (seconds: number): Lease => ({
  beatMs: Math.min(EVERY, (1000 * seconds) / 8),
  leaseMs: 1000 * seconds,
});

/** The beats of a run's tasks: this task's own is written, the others' are read. */
export class Beats {
  readonly #place: Layout;
  readonly #own: string;
  readonly #file: BeatFile;
  readonly #text: () => string;
  readonly #timer: NodeJS.Timeout;
  /** When this task last asked for the file system's time, by `performance.now()`, and the answer. */
  #known: { asked: number; at: number } | null = null;

  /** @param task the name of this one. @param text its beat now. */
  constructor(place: Layout, task: string, { beatMs }: Lease, text: () => string) {
    this.#place = place;
    this.#own = taskBeat(place, task);
    this.#file = new BeatFile(this.#own);
    this.#text = text;
    this.#timer = setInterval(() => void this.beat(), beatMs).unref();
  }

  /** Writes a beat now. */
  beat(): Promise<void> {
    return this.#file.write(this.#text);
  }

  /** The last beat. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.beat();
  }

  /**
   * How long ago another task wrote its beat, in milliseconds: the time that the file system gave its file against the one it
   * gives this task's own now. No clock of any host counts, and neither does what the files say.
   *
   * @returns null if it has no beat, or has ended.
   */
  async silentMs(task: string): Promise<number | null> {
    const theirs = await look(taskBeat(this.#place, task));
    if (theirs === null || theirs.beat?.ended) return null;
    const now = await this.#now();
    return now === null ? 0 : Math.max(0, now - theirs.at);
  }

  /**
   * The time by the file system's clock, up to `FRESH` old: at the end of a run a task asks about all others, and each new beat of
   * its own costs a file. An older time makes the others' silence look shorter, never longer.
   */
  async #now(): Promise<number | null> {
    const asked = performance.now();
    if (this.#known !== null && asked - this.#known.asked < FRESH) return this.#known.at;
    await this.beat();
    const own = await look(this.#own);
    this.#known = own && { at: own.at, asked };
    return own?.at ?? null;
  }
}

/** A beat, and when it was written by the file system's clock; null if there is none. */
async function look(path: string): Promise<{ at: number; beat: TaskBeat | null } | null> {
  try {
    // Opened, not only looked at: a network file system then asks its server.
    await using file = await open(path, 'r');
    const { mtimeMs } = await file.stat();
    return { at: mtimeMs, beat: parsed(await file.readFile('utf8')) };
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

function parsed(text: string): TaskBeat | null {
  try {
    return parseTaskBeat(text);
  } catch {
    return null;
  }
}
