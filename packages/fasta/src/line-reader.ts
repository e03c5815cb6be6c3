/** Reads the lines of one format. */
export interface LineReader {
  /**
   * Reads bytes of the file.
   *
   * @param start where in the chunk to begin.
   * @param out receives residues from the tracker's `to` on.
   * @returns the chunk's length, or the index of a line's first byte where another format begins.
   */
  read(chunk: Uint8Array, start: number, out: Uint8Array): number;
  /** The file ends. */
  end(): void;
}
