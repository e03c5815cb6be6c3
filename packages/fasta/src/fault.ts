import type { InputErrorCode } from './input-error.js';

/** Why a single record cannot be used. */
export type RecordFaultCode = Extract<
  InputErrorCode,
  'bad_id' | 'duplicate_id' | 'bad_residue' | 'no_residues' | 'bad_fastq'
>;

/** A reason against a record, without its place. */
export interface Refusal {
  code: RecordFaultCode;
  /** Fault and remedy. */
  problem: string;
}

/** A record that cannot be used. A record has one fault: the first that is found. */
export interface Fault extends Refusal {
  /** Its number within the file, from 1. */
  record: number;
  /** The line of the fault, from 1. */
  line: number;
  /** Its ID, as far as it is known; perhaps damaged. */
  id?: string;
}

/** The code of a record in which nothing can be translated. */
export const NO_FRAME = 'no_frame' satisfies InputErrorCode;

/** Why a record has no row: it cannot be used, or nothing in it can be translated. */
export type LeftOutCode = RecordFaultCode | typeof NO_FRAME;

/** A record without a row. */
export interface LeftOut extends Omit<Fault, 'code'> {
  code: LeftOutCode;
}
