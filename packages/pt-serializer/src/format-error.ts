/**
 * - `zip`: the archive, or the container before PyTorch 1.6, is damaged or unlike any that PyTorch writes;
 * - `pickle`: the same for the pickle in it;
 * - `forbidden`: the pickle names something that is not plain data;
 * - `tensor`: a tensor's sizes, strides and storage are inconsistent;
 * - `checksum`: bytes do not match their checksum;
 * - `limit`: a limit on size or depth is exceeded;
 * - `unsupported`: this package does not read this kind of file.
 */
export type PtErrorCode = 'zip' | 'pickle' | 'forbidden' | 'tensor' | 'checksum' | 'limit' | 'unsupported';

/** Where in a file the fault is, as far as known. */
export interface PtErrorPlace {
  path?: string;
  /** Name of the archive's member. */
  member?: string;
  /** Offset in bytes, in the member if there is one, else in the file. */
  offset?: number;
}

/** A `.pt` file that is refused, with the place and the reason. */
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

  /** The same error with more detail about its place. */
  at(place: PtErrorPlace): PtFormatError {
    const options = this.cause === undefined ? {} : { cause: this.cause };
    return new PtFormatError(this.code, this.reason, this.placeWithin(place), options);
  }

  /** Its own place, completed by `place`. */
  protected placeWithin(place: PtErrorPlace): PtErrorPlace {
    const { path, member, offset } = this;
    const known = Object.entries({ path, member, offset }).filter(([, value]) => value !== undefined);
    return { ...place, ...Object.fromEntries(known) };
  }
}

/** The error for a name that is not plain data. */
export function forbidden(name: string): PtFormatError {
  const shown = name.length > 200 ? `${name.slice(0, 200)}…` : name;
  return new PtFormatError('forbidden', `it names ${shown}, which is not plain data; none of it was run`);
}
