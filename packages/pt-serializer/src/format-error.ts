/**
 * - `zip`: the archive, or the container before PyTorch 1.6, is damaged or unlike any that PyTorch writes;
 * - `pickle`: the object stream in it is;
 * - `forbidden`: the stream names something that is not plain data;
 * - `tensor`: a tensor's sizes, strides or storage do not fit together;
 * - `checksum`: bytes are not those that were written;
 * - `limit`: a limit on size or depth is passed;
 * - `unsupported`: a kind of file that this package does not read.
 */
export type PtErrorCode = 'zip' | 'pickle' | 'forbidden' | 'tensor' | 'checksum' | 'limit' | 'unsupported';

/** The place of a problem in a file, as far as it is known. */
export interface PtErrorPlace {
  path?: string;
  /** Name of the archive's member. */
  member?: string;
  /** Offset in bytes, in the member if there is one, else in the file. */
  offset?: number;
}

/** A `.pt` file that is not read, with the place and the reason. */
export class PtFormatError extends Error {
  override readonly name = 'PtFormatError';
  readonly path: string | undefined;
  readonly member: string | undefined;
  readonly offset: number | undefined;

  constructor(
    readonly code: PtErrorCode,
    /** The message without the place. */
    readonly reason: string,
    { path, member, offset }: PtErrorPlace = {},
    options?: ErrorOptions,
  ) {
    const place = [path, member, offset === undefined ? undefined : `byte ${offset}`]
      .filter(Boolean)
      .join(', ');
    super(place ? `${place}: ${reason}` : reason, options);
    this.path = path;
    this.member = member;
    this.offset = offset;
  }

  /** The same error with more known of its place. */
  at(place: PtErrorPlace): PtFormatError {
    const options = this.cause === undefined ? {} : { cause: this.cause };
    return new PtFormatError(this.code, this.reason, this.placeWithin(place), options);
  }

  /** Its own place, and of this one what it does not know itself. */
  protected placeWithin(place: PtErrorPlace): PtErrorPlace {
    const { path, member, offset } = this;
    const known = Object.entries({ path, member, offset }).filter(([, value]) => value !== undefined);
    return { ...place, ...Object.fromEntries(known) };
  }
}

/** The error for a name that is not plain data. */
export function forbidden(name: string): PtFormatError {
  const shown = name.length > 200 ? `${name.slice(0, 200)}…` : name;
  return new PtFormatError('forbidden', `it names ${shown}, which is not plain data; nothing of it was run`);
}
