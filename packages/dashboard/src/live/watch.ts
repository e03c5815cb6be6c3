import { setTimeout as delay } from 'node:timers/promises';
import { layout } from '@holdfast/run-folder';
import { embeddedIn, historyOf, ShardStarts, type Status, statusOf, throughputOf } from '@holdfast/status';
import type { History, Snapshot } from '../wire.js';
import { memoryOf } from './memory.js';

/** What a reader of the run is told. */
export type News =
  | { event: 'snapshot'; data: Snapshot }
  | { event: 'history'; data: History }
  | { event: 'trouble'; data: string };

/** Milliseconds between two looks. */
const EVERY = 1000;

/** Looks at a run again and again, once for all who listen, and only while somebody does. */
export class Watch {
  readonly #listeners = new Set<(news: News) => void>();
  #latest = new Map<News['event'], { news: News; text: string }>();
  #looking = false;
  readonly #starts: ShardStarts;

  constructor(
    readonly dir: string,
    private readonly every = EVERY,
  ) {
    this.#starts = new ShardStarts(layout(dir).logs);
  }

  /** Tells what is known at once, and then what changes. @returns what ends that. */
  listen(tell: (news: News) => void): () => void {
    this.#listeners.add(tell);
    for (const { news } of this.#latest.values()) tell(news);
    void this.#look();
    return () => void this.#listeners.delete(tell);
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    while (this.#listeners.size > 0) {
      try {
        const snapshot = await snapshotOf(this.dir);
        this.#tell({ event: 'snapshot', data: snapshot });
        this.#tell({ event: 'history', data: await wholeHistory(this.dir, snapshot.status, this.#starts) });
        this.#latest.delete('trouble');
      } catch (error) {
        this.#tell({ event: 'trouble', data: (error as Error).message });
      }
      await delay(this.every, undefined, { ref: false });
    }
    this.#looking = false;
    this.#latest.clear();
  }

  #tell(news: News): void {
    const text = JSON.stringify(news.data);
    if (this.#latest.get(news.event)?.text === text) return;
    this.#latest.set(news.event, { news, text });
    for (const tell of this.#listeners) tell(news);
  }
}

/** How the run in a folder stands now. @throws as `statusOf`. */
export async function snapshotOf(dir: string): Promise<Snapshot> {
  const status = await statusOf(dir);
  return { status, memory: await memoryOf(status) };
}

/** Everything that happened in a run so far. @throws as `historyOf`. */
export async function wholeHistory(
  dir: string,
  status: Status,
  starts = new ShardStarts(layout(dir).logs),
): Promise<History> {
  const history = await historyOf(dir);
  return {
    ...history,
    throughput: throughputOf(history.checkpoints, await starts.read(), embeddedIn(status)),
  };
}
