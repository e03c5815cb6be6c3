import type { OomKiller } from './oom-killer.js';

/**
 * Which deaths by SIGKILL the kernel's count of kills explains. Each kill explains one death at most, of a worker that was
 * there when it happened; which of several that died at once cannot be told, and does not matter.
 */
export class OomDeaths {
  readonly #killer: OomKiller;
  /** Kills that explain a death already, by their number. */
  readonly #used = new Set<number>();

  constructor(killer: OomKiller) {
    this.#killer = killer;
  }

  /** Kills so far; to be kept for a worker that starts. */
  count(): number | null {
    return this.#killer.kills();
  }

  /** @param since the count when the worker started. @returns whether a kill is left that explains its death. */
  explain(since: number | null): boolean {
    const now = this.#killer.kills();
    if (since === null || now === null) return false;
    // The oldest first: a worker that started later needs a later one.
    for (let kill = since + 1; kill <= now; kill++) {
      if (this.#used.has(kill)) continue;
      this.#used.add(kill);
      return true;
    }
    return false;
  }
}
