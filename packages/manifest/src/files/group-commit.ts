import { checkEvent } from '../events.js';
import type { ManifestModel } from '../model/model.js';
import type { ManifestEvent } from '../model/schema.js';
import type { JournalRecord } from './journal-format.js';
import type { SharedFiles } from './shared-files.js';
import type { Settle } from './store.js';

/** A waiting update. */
interface Update {
  event: (model: ManifestModel, at: string) => ManifestEvent;
  then: (model: ManifestModel) => void;
  resolve: () => void;
  reject: (error: unknown) => void;
  /** When it arrived, by `performance.now()`. */
  since: number;
  /** Why it was refused. */
  refusal?: { error: unknown };
}

/** Commits updates in order of arrival. Updates that arrive during a commit share the next lock and sync. */
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
   * @param event returns the event, given the state before it; if it throws, only this update is refused.
   * @param then is called under the lock with the state right after the event.
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

  /** Commits all waiting updates, including those that arrive meanwhile. */
  async #commitAll(): Promise<void> {
    if (this.#committing) return;
    this.#committing = true;
    while (this.#waiting.length > 0) await this.#commit();
    this.#committing = false;
  }

  /** Commits all waiting updates with one lock and one sync. */
  async #commit(): Promise<void> {
    const files = this.#files;
    const first = this.#waiting.length;
    // The oldest update has already waited this long; its wait counts against the lock's limit.
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
        // Other processes do not know that the lines may be lost, so write a new manifest.json if the disk
        // permits.
        await files.locked(async () => files.store.replace(await files.current())).catch(() => undefined);
        throw error;
      });
      for (const { refusal, resolve, reject } of batch) refusal ? reject(refusal.error) : resolve();
    } catch (error) {
      if (batch.length === 0) batch = this.#waiting.splice(0, first);
      for (const { refusal, reject } of batch) reject(refusal ? refusal.error : error);
    }
  }

  /** Applies a batch of updates; refusals are recorded in the updates. */
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
