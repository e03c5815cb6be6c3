/** Why an index can't be read; stable, for programs. */
export type IndexErrorCode =
  | 'index_missing'
  | 'index_format'
  | 'index_damaged'
  | 'index_unreadable'
  | 'index_other';

/** An index on disk that can't be used. */
export class IndexError extends Error {
  override readonly name = 'IndexError';
  readonly code: IndexErrorCode;
  /** The file at fault. */
  readonly path: string;

  constructor(code: IndexErrorCode, path: string, problem: string, options?: ErrorOptions) {
    super(`${path}: ${problem}`, options);
    this.code = code;
    this.path = path;
  }
}
