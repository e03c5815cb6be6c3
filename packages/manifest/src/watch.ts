import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { object, signal, timer } from '@holdfast/options';
import { Turns } from './files/turns.js';
import type { ManifestModel } from './model/model.js';
import type { GlobalProgress } from './model/progress.js';

export interface WatchOptions {
  /** Ends the watch. */
  signal?: AbortSignal;
  /** Milliseconds between checks of the files, in case the system reports no change. Default 1000. */
  pollMs?: number;
}

export const watchOptions = object<WatchOptions>({ signal, pollMs: timer });

/** The manifest after one change or several. */
export interface ManifestChange {
  /** Number of the last event. It only grows, unless the manifest was replaced. */
  revision: number;
  /** Shards that differ from the previous change, ascending; at first all. */
  changed: number[];
  progress: GlobalProgress;
}

/** The part of a state that is compared for changes. */
interface Look {
  id: string;
  revision: number;
  /** The number of each shard's last event. */
  shards: number[];
  progress: GlobalProgress;
}

function look(model: ManifestModel): Look {
  const shards = Array.from({ length: model.worldSize }, (_, rank) => model.shard(rank).revision);
  return { id: model.id, revision: model.revision, shards, progress: model.progress() };
}

/** See `CheckpointManifest.watch`. */
export class ManifestWatch implements AsyncIterableIterator<ManifestChange, undefined> {
  readonly #read: (of: (model: ManifestModel) => Look) => Promise<Look>;
  readonly #changes: Changes;
  readonly #turns = new Turns();
  #before: Look | null = null;

  /** @param read applies a function to the current state. */
  constructor(
    path: string,
    read: (of: (model: ManifestModel) => Look) => Promise<Look>,
    { signal, pollMs = 1000 }: WatchOptions,
  ) {
    this.#read = read;
    this.#changes = new Changes(path, pollMs, signal);
  }

  next(): Promise<IteratorResult<ManifestChange, undefined>> {
    return this.#turns.take(() => this.#next());
  }

  async return(): Promise<IteratorResult<ManifestChange, undefined>> {
    this.#changes.close();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#changes.close();
  }

  async #next(): Promise<IteratorResult<ManifestChange, undefined>> {
    try {
      while (!this.#changes.ended) {
        const next = this.#changes.next();
        const now = await this.#read(look);
        const before = this.#before;
        if (!this.#changes.ended && (before?.id !== now.id || before.revision !== now.revision)) {
          this.#before = now;
          const known: readonly number[] = before?.id === now.id ? before.shards : [];
          const changed = now.shards.flatMap((revision, rank) => (revision === known[rank] ? [] : [rank]));
          return { done: false, value: { revision: now.revision, changed, progress: now.progress } };
        }
        await next;
      }
    } catch (error) {
      this.#changes.close();
      throw error;
    }
    return this.return();
  }
}

/**
 * Detects changes to a manifest's files, by the system's events and by polling, as network file systems send
 * no events.
 */
class Changes {
  ended = false;
  #resolve: () => void = () => undefined;
  readonly #wake = () => this.#resolve();
  readonly #end = () => this.close();
  readonly #timer: NodeJS.Timeout;
  readonly #watcher: FSWatcher | null;
  readonly #signal: AbortSignal | undefined;

  constructor(path: string, pollMs: number, signal: AbortSignal | undefined) {
    this.#timer = setInterval(this.#wake, pollMs);
    this.#watcher = watcher(path, this.#wake);
    this.#signal = signal;
    signal?.addEventListener('abort', this.#end);
    if (signal?.aborted) this.close();
  }

  /** The next change after this call, or the end. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  close(): void {
    this.ended = true;
    clearInterval(this.#timer);
    this.#watcher?.close();
    this.#signal?.removeEventListener('abort', this.#end);
    this.#wake();
  }
}

/** Null if the system cannot watch, such as at its limit of watchers. */
function watcher(path: string, wake: () => void): FSWatcher | null {
  const names = new Set([basename(path), `${basename(path)}.journal`]);
  try {
    return watch(dirname(path), (_, name) => {
      if (name === null || names.has(name)) wake();
    }).on('error', () => undefined);
  } catch {
    return null;
  }
}
