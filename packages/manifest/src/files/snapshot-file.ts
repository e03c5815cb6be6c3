import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { type DurableFileSystem, writeFileDurably } from '@holdfast/durable';
import type { ManifestState } from '../model/schema.js';
import { formatSnapshot, HEAD_LENGTH, parseSnapshot } from './snapshot-format.js';
import { pieces, readAt } from './store-files.js';

/** `manifest.json`, and the identity of the one last read or written. */
export class SnapshotFile {
  /** Its beginning, and its length in bytes. */
  #head: Buffer = Buffer.alloc(0);
  #bytes = 0;
  #revision = 0;
  readonly #fs: DurableFileSystem;

  constructor(
    readonly path: string,
    fs: DurableFileSystem,
  ) {
    this.#fs = fs;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Number of the last event in it. */
  get revision(): number {
    return this.#revision;
  }

  /** @throws ManifestCorruptError, ManifestVersionError; ENOENT if there is none. */
  read(): ManifestState {
    const bytes = readFileSync(this.path);
    // Remembered even if it cannot be parsed, to recognise it again.
    this.#head = Buffer.from(bytes.subarray(0, HEAD_LENGTH));
    this.#bytes = bytes.length;
    const state = parseSnapshot(this.path, bytes);
    this.#revision = state.revision;
    return state;
  }

  /** Whether the file is the one last read or written. */
  isSame(): boolean {
    const file = openSync(this.path, 'r');
    try {
      if (fstatSync(file).size !== this.#bytes) return false;
      return readAt(file, 0, HEAD_LENGTH).equals(this.#head);
    } finally {
      closeSync(file);
    }
  }

  /** Replaces it in one rename; once resolved the new one is durable. */
  async write(state: ManifestState): Promise<void> {
    const head: Buffer[] = [];
    let total = 0;
    await writeFileDurably(
      this.path,
      async (file) => {
        for (const piece of pieces(formatSnapshot(state))) {
          if (total < HEAD_LENGTH) head.push(piece);
          total += piece.length;
          await file.write(piece);
        }
      },
      { fs: this.#fs },
    );
    this.#head = Buffer.concat(head).subarray(0, HEAD_LENGTH);
    this.#bytes = total;
    this.#revision = state.revision;
  }
}
