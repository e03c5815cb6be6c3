import { type Alphabet, allowedResidues, type LetterRules } from '@holdfast/gpu-runtime';
import type { LetterUse } from './letter-use.js';

/** Class: a residue that the model knows. */
export const RESIDUE = 1;
/** Class: a letter to count or to change. */
export const NOTABLE = 2;

export const STOP = 0x2a;
export const GAPS: readonly number[] = [0x2d, 0x2e];
/** The letter for any residue. */
const ANY: Readonly<Record<Alphabet, number>> = { dna: 0x4e, protein: 0x58 };

/** The treatment of each byte of a sequence. */
export interface LetterPlan {
  /** 256 sets of {@link RESIDUE} and {@link NOTABLE}. */
  classes: Uint8Array;
  /** Bytes that a sequence may contain but the vocabulary lacks. */
  unknown: readonly number[];
  readAs?: { from: number; to: number };
  dropsFinalStop: boolean;
  dropsGaps: boolean;
  longestWord?: number;
}

/** The tables for a model's rules and a run's letter use. */
export function letterPlan(
  { known, longestWord }: Pick<LetterRules, 'known' | 'longestWord'>,
  { read, final_stop, gaps }: LetterUse,
  alphabet: Alphabet,
): LetterPlan {
  const readAs = read === 'as they are' ? undefined : changed(read);
  const dropsGaps = gaps === 'dropped';
  const classes = Uint8Array.from(known, (is, byte) => {
    if (byte === readAs?.from) return RESIDUE | NOTABLE;
    if (byte === STOP || GAPS.includes(byte) || is === 0) return NOTABLE;
    return byte === ANY[alphabet] ? 0 : RESIDUE;
  });
  const allowed = allowedResidues(alphabet);
  const unknown = [...allowed.keys()].filter((byte) => allowed[byte] === 1 && known[byte] === 0);
  return {
    classes,
    unknown: unknown.filter((byte) => byte !== readAs?.from && !(dropsGaps && GAPS.includes(byte))),
    ...(readAs && { readAs }),
    dropsFinalStop: final_stop !== 'kept',
    dropsGaps,
    ...(longestWord === undefined ? {} : { longestWord }),
  };
}

const changed = (read: 'U as T' | 'T as U') => ({ from: read.charCodeAt(0), to: read.charCodeAt(5) });
