import { type FileFacts, factsOf, sameFacts } from '@holdfast/options';

/**
 * Files that a session maps: to change one in place changes rows. A file that is replaced or removed does not count, for the
 * session keeps the old one.
 */
export class WatchedFiles {
  readonly #facts: Map<string, FileFacts>;

  private constructor(facts: Map<string, FileFacts>) {
    this.#facts = facts;
  }

  /** @param paths of files as they are now, before they are mapped. @throws the system's error if one is not there. */
  static async of(paths: readonly string[]): Promise<WatchedFiles> {
    const facts = new Map<string, FileFacts>();
    for (const path of new Set(paths)) facts.set(path, await factsOf(path));
    return new WatchedFiles(facts);
  }

  /** The files that may have been changed in place since they were last looked at. */
  async changed(): Promise<string[]> {
    const found: string[] = [];
    for (const [path, before] of this.#facts) {
      const now = await factsOf(path).catch(() => null);
      if (now === null || now.inode !== before.inode || now.device !== before.device) continue;
      if (sameFacts(now, before)) continue;
      found.push(path);
      this.#facts.set(path, now);
    }
    return found;
  }
}
