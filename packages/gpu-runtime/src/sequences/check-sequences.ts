import { types } from 'node:util';
import { SequenceError } from './sequence-error.js';

const FIRST_PRINTABLE = 0x21;
const LAST_PRINTABLE = 0x7e;

/**
 * Refuses bytes that no tokenizer reads as residues. A tokenizer may drop blanks, strip accents or split a
 * word at such bytes, and then return the plausible row of a different sequence. Empty sequences are fine.
 *
 * @throws SequenceError with the sequence's index and the byte's position.
 */
export function checkSequences(sequences: readonly Uint8Array[]): void {
  const given: unknown = sequences;
  if (!Array.isArray(given)) {
    const what = `the sequences are ${kindOf(given)}; give an array of Uint8Array, one for each sequence`;
    throw new SequenceError('sequences_not_a_list', what);
  }
  for (let at = 0; at < sequences.length; at++) checkSequence(sequences[at]!, at);
}

function checkSequence(residues: Uint8Array, sequence: number): void {
  if (!types.isUint8Array(residues)) {
    const what = `sequence ${sequence} is ${kindOf(residues)}, not a Uint8Array; encode its letters first, for example with new TextEncoder().encode(text)`;
    throw new SequenceError('sequence_not_bytes', what, { sequence });
  }
  for (let position = 0; position < residues.length; position++) {
    const byte = residues[position]!;
    if (byte >= FIRST_PRINTABLE && byte <= LAST_PRINTABLE) continue;
    const hex = `0x${byte.toString(16).padStart(2, '0')}`;
    const what = `sequence ${sequence} has the byte ${hex} at position ${position}, which is not a residue; residues are printable ASCII characters (0x21 to 0x7e)`;
    throw new SequenceError('sequence_bad_byte', what, { sequence, position, byte });
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`;
  return `of type ${value.constructor?.name ?? 'Object'}`;
}
