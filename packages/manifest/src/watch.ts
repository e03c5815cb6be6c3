import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { ManifestModel } from './model.js';
import type { GlobalProgress } from './progress.js';

export interface WatchOptions {
  /** Ends the watch. */
  signal?: AbortSignal;
  /** Milliseconds after which the files are looked at, also where the system tells of no change. Default 1000. */
  pollMs?: number;
}

/** The manifest after one change or several. */
export interface ManifestChange {
  /** Number of the last event. It grows, but for a manifest that was begun anew. */
  revision: number;
  /** The shards that are not as they were at the change before, ascending; at first all of them. */
  changed: number[];
  progress: GlobalProgress;
}

/** A state as far as a change of it is told. */
interface Look {
  id: string;
  revision: number;
  /** What each shard looks like, to see whether it changed. */
  shards: string[];
  progress: GlobalProgress;
}

function look(model: ManifestModel): Look {
  const owners = model.redistributed();
  const shards = Array.from({ length: model.worldSize }, (_, rank) => {
    const { status, lease, totalSequences, totalCheckpoints } = model.shard(rank);
    return JSON.stringify([status, lease, totalSequences, totalCheckpoints, owners.get(rank)]);
  });
  return { id: model.id, revision: model.revision, shards, progress: model.progress() };
}

/** See `CheckpointManifest.watch`. @param read tells what is asked of the state as it is now. */
export async function* watchManifest(
  path: string,
  read: (of: (model: ManifestModel) => Look) => Promise<Look>,
  { signal, pollMs = 1000 }: WatchOptions,
): AsyncGenerator<ManifestChange, void> {
  const changes = new Changes(path, pollMs, signal);
  let before: Look | null = null;
  try {
    while (!signal?.aborted) {
      const next = changes.next();
      const now = await read(look);
      if (before?.id !== now.id || before.revision !== now.revision) {
        const known: readonly string[] = before?.id === now.id ? before.shards : [];
        const changed = now.shards.flatMap((shard, rank) => (shard === known[rank] ? [] : [rank]));
        before = now;
        yield { revision: now.revision, changed, progress: now.progress };
      }
      await next;
    }
  } finally {
    changes.close();
  }
}

/** Tells of changes to a manifest's files: those of which the system tells, and by the clock, as a network tells of none. */
class Changes {
  #resolve: () => void = () => undefined;
  readonly #wake = () => this.#resolve();
  readonly #timer: NodeJS.Timeout;
  readonly #watcher: FSWatcher | null;

  constructor(
    path: string,
    pollMs: number,
    readonly signal: AbortSignal | undefined,
  ) {
    this.#timer = setInterval(this.#wake, pollMs);
    this.#watcher = watcher(path, this.#wake);
    signal?.addEventListener('abort', this.#wake);
  }

  /** The next change after this call. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  close(): void {
    clearInterval(this.#timer);
    this.#watcher?.close();
    this.signal?.removeEventListener('abort', this.#wake);
  }
}

/** Null where the system cannot watch, such as at the limit of its watchers. */
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
