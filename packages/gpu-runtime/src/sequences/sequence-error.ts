/**
 * Why the sequences of a call are refused: `sequences_not_a_list` they are not an array; `sequence_not_bytes`
 * one is not a `Uint8Array`; `sequence_bad_byte` one contains a byte that is not printable ASCII.
 */
export type SequenceErrorCode = 'sequences_not_a_list' | 'sequence_not_bytes' | 'sequence_bad_byte';

/** Where the fault is. */
export interface SequencePlace {
  /** Index of the sequence in the call. */
  sequence?: number;
  /** Index of the byte in that sequence, and its value. */
  position?: number;
  byte?: number;
}

/** Sequences that cannot be embedded correctly. Nothing of the call was embedded. */
export class SequenceError extends Error {
  override readonly name = 'SequenceError';
  readonly sequence?: number;
  readonly position?: number;
  readonly byte?: number;

  constructor(
    readonly code: SequenceErrorCode,
    what: string,
    { sequence, position, byte }: SequencePlace = {},
  ) {
    super(what);
    if (sequence !== undefined) this.sequence = sequence;
    if (position !== undefined) this.position = position;
    if (byte !== undefined) this.byte = byte;
  }
}
