import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './cache-folder.js';

const FORMAT = 1;
/** Most bytes of a record's file: more is not a record. */
const MOST = 1 << 20;

/** Small records in a room of the cache. A cache that is missing, unwritable or damaged is an empty one: nothing here throws. */
export class KeptRecords {
  readonly #folder: string | null;

  /** @param folder of the cache, or null for none. */
  constructor(room: string, folder: string | null = cacheFolder()) {
    this.#folder = folder === null ? null : join(folder, room);
  }

  /** The value that was kept under a key; undefined if there is none, or it is damaged. The caller checks its shape. */
  async read(key: unknown): Promise<unknown> {
    if (this.#folder === null) return undefined;
    const path = join(this.#folder, nameOf(key));
    try {
      const found = await stat(path);
      if (!found.isFile() || found.size > MOST) return undefined;
      const { format, check, value } = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
      return format === FORMAT && check === checkOf(key, value) ? value : undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * Keeps a value in one step, in place of an older one. It is not synced: what a power failure leaves is whole, or found damaged.
   *
   * @param key and `value` survive JSON.
   */
  async keep(key: unknown, value: unknown): Promise<void> {
    if (this.#folder === null) return;
    const path = join(this.#folder, nameOf(key));
    // Two processes may keep the same.
    const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const record = { format: FORMAT, check: checkOf(key, value), value };
      await writeFile(temporary, JSON.stringify(record), { flag: 'wx' });
      await rename(temporary, path);
    } catch {
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const nameOf = (key: unknown) => `${sha256(JSON.stringify(key))}.json`;
const checkOf = (key: unknown, value: unknown) => sha256(JSON.stringify([FORMAT, key, value]));
