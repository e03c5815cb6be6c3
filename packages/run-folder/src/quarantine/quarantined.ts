import { POISON_KINDS, type PoisonKind } from '@holdfast/coordinator';
import { sanitize } from '@holdfast/options';
import * as z from '@holdfast/schema';

/** The metadata key of a checkpoint's sequences without a row; absent if there are none. */
export const QUARANTINED = 'quarantined';

/** The most characters of an error to keep; a model may print a whole tensor. */
const LONGEST_ERROR = 500;

const schema = z.object({
  position: z.int().nonnegative(),
  kind: z.enum(POISON_KINDS),
  attempts: z.int().nonnegative(),
  error: z.string(),
});

/** A sequence without a row: the model refused it, or it was set aside. */
export interface Quarantined {
  /** Place in the plan. */
  position: number;
  kind: PoisonKind;
  /** Model calls that failed with this sequence in them. */
  attempts: number;
  /** The error text, one line. */
  error: string;
}

/** The list as a checkpoint stores it: JSON, with each error shortened by `errorLine`. */
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

/** Parses the list in a checkpoint's metadata; null if it is not one. Does not check that the positions fit. */
export function parseQuarantined(text: unknown): Quarantined[] | null {
  if (typeof text !== 'string') return null;
  try {
    return z.array(schema).parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** An error as one line of UTF-8 without tabs, at most 500 characters (UTF-16 units), ending with … if it was cut. */
export function errorLine(error: string): string {
  const line = sanitize(error).trim();
  if (line.length <= LONGEST_ERROR) return wellFormed(line);
  return `${wellFormed(line.slice(0, LONGEST_ERROR - 1).replace(/[\ud800-\udbff]$/, ''))}…`;
}

/** UTF-8 cannot hold half of a surrogate pair. */
const wellFormed = (text: string) => text.replace(/\p{Surrogate}/gu, '\ufffd');
