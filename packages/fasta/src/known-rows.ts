import type { Fault } from './fault.js';
import { type HeldRecord, idText, withSuffix } from './held-records.js';
import { displayName } from './input-error.js';

/** Rows that are in the index already. */
export interface KnownRows {
  /** The input of an earlier row with this ID, or null. */
  inputWith(id: Uint8Array): string | null;
}

/** How records are treated whose rows share an ID. */
export interface SharedRows {
  /** Whether they may: the rows then get suffixes. */
  sharesIds: boolean;
  /** Ends the message about a shared ID: another way out. */
  remedy?: string;
  /** Called for a record that cannot be used, and has no rows then. */
  fault(fault: Fault): void;
}

/**
 * Whether a record can be used: none of its rows has the ID of an earlier one. Reports the fault otherwise.
 *
 * @param suffixes of the rows' IDs. @param what a row is called in the message.
 */
export function isNew(
  rows: KnownRows,
  held: HeldRecord,
  suffixes: Iterable<string>,
  what: string,
  { sharesIds, fault, remedy = '' }: SharedRows,
): boolean {
  if (sharesIds) return true;
  for (const suffix of suffixes) {
    const file = rows.inputWith(withSuffix(held, suffix));
    if (file === null) continue;
    const { record, line } = held;
    const id = idText(held);
    const problem = `duplicate ID: an earlier record of ${displayName(file)} has it (${what} ${id}${suffix}); give every record a unique ID${remedy}`;
    fault({ code: 'duplicate_id', record, line, id, problem });
    return false;
  }
  return true;
}
