import { stat } from 'node:fs/promises';

interface Facts {
  inode: bigint;
  device: bigint;
  bytes: bigint;
  mtimeNs: bigint;
  ctimeNs: bigint;
}

/**
 * Files that a session maps: to change one in place changes rows. A file that is replaced or removed does not count, for the
 * session keeps the old one.
 */
export class WatchedFiles {
  readonly #facts: Map<string, Facts>;

  private constructor(facts: Map<string, Facts>) {
    this.#facts = facts;
  }

  /** @param paths of files as they are now, before they are mapped. @throws the system's error if one is not there. */
  static async of(paths: readonly string[]): Promise<WatchedFiles> {
    const facts = new Map<string, Facts>();
    for (const path of new Set(paths)) facts.set(path, await factsOf(path));
    return new WatchedFiles(facts);
  }

  /** The files that may have been changed in place since they were last looked at. */
  async changed(): Promise<string[]> {
    const found: string[] = [];
    for (const [path, before] of this.#facts) {
      const now = await factsOf(path).catch(() => null);
      if (now === null || now.inode !== before.inode || now.device !== before.device) continue;
      const same =
        now.bytes === before.bytes && now.mtimeNs === before.mtimeNs && now.ctimeNs === before.ctimeNs;
      if (same) continue;
      found.push(path);
      this.#facts.set(path, now);
    }
    return found;
  }
}

async function factsOf(path: string): Promise<Facts> {
  const { ino: inode, dev: device, size: bytes, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return { inode, device, bytes, mtimeNs, ctimeNs };
}
