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
