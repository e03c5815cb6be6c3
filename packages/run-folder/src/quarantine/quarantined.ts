import { POISON_KINDS, type PoisonKind } from '@holdfast/coordinator';
import { sanitize } from '@holdfast/options';
import { z } from 'zod';

/** The key in a checkpoint's metadata under which it names the sequences that it has no row of; absent when there are none. */
export const QUARANTINED = 'quarantined';

/** Characters of an error that are kept; a model may print a whole tensor. */
const LONGEST_ERROR = 500;

const schema = z.object({
  position: z.int().nonnegative(),
  kind: z.enum(POISON_KINDS),
  attempts: z.int().nonnegative(),
  error: z.string(),
});

/** A sequence that has no row: the model refuses it, or it was set aside. */
export interface Quarantined {
  /** Place in the plan. */
  position: number;
  kind: PoisonKind;
  /** Model calls that failed with this sequence in them. */
  attempts: number;
  /** What the model said, one line. */
  error: string;
}

/** The list as a checkpoint keeps it: JSON, every error as `errorLine` gives it. */
export function formatQuarantined(list: readonly Quarantined[]): string {
  return JSON.stringify(
    list.map(({ position, kind, attempts, error }) => ({
      position,
      kind,
      attempts,
      error: errorLine(error),
    })),
  );
}

/** The list in a checkpoint's metadata; null for what is none of ours. Whether its positions fit is not looked at. */
export function parseQuarantined(text: unknown): Quarantined[] | null {
  if (typeof text !== 'string') return null;
  try {
    return z.array(schema).parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** An error as one line of UTF-8 without tabs, of at most 500 characters (UTF-16 units); it ends with … where it was cut. */
export function errorLine(error: string): string {
  const line = sanitize(error).trim();
  if (line.length <= LONGEST_ERROR) return wellFormed(line);
  return `${wellFormed(line.slice(0, LONGEST_ERROR - 1).replace(/[\ud800-\udbff]$/, ''))}…`;
}

/** Half of a surrogate pair has no place in a file of UTF-8. */
const wellFormed = (text: string) => text.replace(/\p{Surrogate}/gu, '\ufffd');
