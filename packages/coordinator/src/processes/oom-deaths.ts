import type { OomKiller } from './oom-killer.js';

/**
 * Which deaths by SIGKILL the kernel's count of kills explains. Each kill explains at most one death, of a
 * worker that was alive at the time. Which one, if several died together, is unknown and does not matter.
 */
export class OomDeaths {
  readonly #killer: OomKiller;
  /** Kills that already explain a death, by number. */
  readonly #used = new Set<number>();

  constructor(killer: OomKiller) {
    this.#killer = killer;
  }

  /** Kills so far; recorded when a worker starts. */
  count(): number | null {
    return this.#killer.kills();
  }

  /** @param since the count when the worker started. @returns whether an unused kill explains its death. */
  explain(since: number | null): boolean {
    const now = this.#killer.kills();
    if (since === null || now === null) return false;
    // Oldest first: a worker that started later needs a later one.
    for (let kill = since + 1; kill <= now; kill++) {
      if (this.#used.has(kill)) continue;
      this.#used.add(kill);
      return true;
    }
    return false;
  }
}
