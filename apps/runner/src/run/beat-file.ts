import { open, rename, rm, writeFile } from 'node:fs/promises';
import { debuglog } from 'node:util';
import { isFullDisk } from '../full-disk/room-wait.js';

const debug = debuglog('holdfast:heartbeat');

/** A small file that is rewritten all the time. It is not synced, and a failure to write it changes nothing. */
export class BeatFile {
  readonly #path: string;
  readonly #temporary: string;
  #last: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
    this.#temporary = `${path}.tmp`;
  }

  /** Writes after what was asked for before: two writers of one file would mix. @param text as it is then. */
  write(text: () => string): Promise<void> {
    this.#last = this.#last.then(() => this.#writeNow(text()));
    return this.#last;
  }

  async remove(): Promise<void> {
    await this.#last;
    for (const path of [this.#path, this.#temporary])
      await rm(path, { force: true }).catch((error) => debug('%s cannot be removed: %s', path, error));
  }

  async #writeNow(text: string): Promise<void> {
    try {
      await writeFile(this.#temporary, text);
      await rename(this.#temporary, this.#path);
    } catch (error) {
      debug('%s cannot be written: %s', this.#path, error);
      await rm(this.#temporary, { force: true }).catch(() => undefined);
      if (isFullDisk(error)) await this.#overwrite(text);
    }
  }

  /** On a full disk there is no room for a second file, but the first has its block. */
  async #overwrite(text: string): Promise<void> {
    try {
      await using file = await open(this.#path, 'r+');
      const { size } = await file.stat();
      // In one call, and never shorter: who reads meanwhile sees a whole one.
      await file.write(text.padEnd(size), 0);
    } catch (error) {
      debug('%s cannot be overwritten: %s', this.#path, error);
    }
  }
}
