import { checkEvent } from '../events.js';
import type { ManifestModel } from '../model/model.js';
import type { ManifestEvent } from '../model/schema.js';
import type { JournalRecord } from './journal-format.js';
import type { SharedFiles } from './shared-files.js';
import type { Settle } from './store.js';

/** An update that waits for its turn. */
interface Update {
  event: (model: ManifestModel, at: string) => ManifestEvent;
  then: (model: ManifestModel) => void;
  resolve: () => void;
  reject: (error: unknown) => void;
  /** When it came, by `performance.now()`. */
  since: number;
  /** Why it cannot be. */
  refusal?: { error: unknown };
}

/** Commits updates in the order in which they come. Those made while one is under way share its lock and its way to the disk. */
export class GroupCommit {
  readonly #files: SharedFiles;
  #waiting: Update[] = [];
  #committing = false;

  constructor(files: SharedFiles) {
    this.#files = files;
  }

  /**
   * Resolves once the update is durable.
   *
   * @param event makes the event of the state before it; what it throws refuses this update alone.
   * @param then is called with the state right after the event, before others, under the lock.
   */
  async update(
    event: (model: ManifestModel, at: string) => ManifestEvent,
    then: (model: ManifestModel) => void = () => undefined,
  ): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ event, then, resolve, reject, since: performance.now() });
      void this.#commitAll();
    });
  }

  /** Commits what waits, and what comes while it does. */
  async #commitAll(): Promise<void> {
    if (this.#committing) return;
    this.#committing = true;
    while (this.#waiting.length > 0) await this.#commit();
    this.#committing = false;
  }

  /** Everything that waits, with one taking of the lock and one way to the disk. */
  async #commit(): Promise<void> {
    const files = this.#files;
    const first = this.#waiting.length;
    // What came while another waited has waited as well.
    const waited = performance.now() - this.#waiting[0]!.since;
    let batch: Update[] = [];
    try {
      await files.prepare();
      const settle = await files.locked(
        async () => {
          const model = await files.current();
          batch = this.#waiting.splice(0);
          return this.#apply(model, batch);
        },
        Math.max(0, files.lockTimeoutMs - waited),
      );
      // The lock is free: others need not wait for the disk.
      await settle().catch(async (error: unknown) => {
        // Nobody else is told that the lines may not last; a new manifest.json does, if the disk lets us.
        await files.locked(async () => files.store.replace(await files.current())).catch(() => undefined);
        throw error;
      });
      for (const { refusal, resolve, reject } of batch) refusal ? reject(refusal.error) : resolve();
    } catch (error) {
      if (batch.length === 0) batch = this.#waiting.splice(0, first);
      for (const { refusal, reject } of batch) reject(refusal ? refusal.error : error);
    }
  }

  /** Applies a batch of updates, except those that are refused. */
  #apply(model: ManifestModel, batch: readonly Update[]): Promise<Settle> {
    const { store, now } = this.#files;
    const records: JournalRecord[] = [];
    for (const update of batch) {
      try {
        const at = now();
        const event = checkEvent(update.event(model, at));
        if (model.apply(event, at)) records.push({ revision: model.revision, at, event });
        update.then(model);
      } catch (error) {
        update.refusal = { error };
      }
    }
    return records.length > 0 ? store.append(records) : store.settled();
  }
}
