/** Up to this many bytes a manifest is written anew at each update, so that one file says it all. */
const SMALL = 16 * 1024;

/**
 * Whether the events of the journal shall become part of `manifest.json`: when they would outgrow it. It doubles from one
 * time to the next, more or less, so that an event's share of the writing is the same in long histories.
 *
 * @param snapshotBytes length of `manifest.json`.
 * @param journalBytes length the journal would have.
 */
export const isFoldDue = (snapshotBytes: number, journalBytes: number) =>
  snapshotBytes <= SMALL || journalBytes > snapshotBytes;
