import { PtFormatError } from '../format-error.js';

/** Bytes that are read by position. */
export interface Source {
  /** The file's path, if it is a file. */
  readonly path?: string;
  /** Bytes. */
  readonly size: number;
  /**
   * Exactly `length` bytes from `offset` on. From a file they belong to the caller; from memory they are a
   * view.
   *
   * @param inOrder receives the bytes in parts, in order, while later parts are still being read.
   * @throws PtFormatError if there are fewer.
   */
  read(offset: number, length: number, inOrder?: (part: Buffer) => void): Promise<Buffer>;
  close(): Promise<void>;
}

/** @throws PtFormatError if the range reaches beyond the source. */
export function checkRange(source: Source, offset: number, length: number): void {
  if (offset >= 0 && length >= 0 && offset + length <= source.size) return;
  throw new PtFormatError(
    'zip',
    `${length} bytes at ${offset} reach beyond the file's ${source.size}`,
    source.path === undefined ? {} : { path: source.path },
  );
}
