/** Up to this many bytes, each update rewrites `manifest.json`, so that one file is complete. */
const SMALL = 16 * 1024;

/**
 * Whether to fold the journal into `manifest.json`: when the journal would outgrow it. The file then roughly
 * doubles from one fold to the next, so the cost per event stays the same in a long history.
 *
 * @param snapshotBytes length of `manifest.json`.
 * @param journalBytes length the journal would have.
 */
export const isFoldDue = (snapshotBytes: number, journalBytes: number) =>
  snapshotBytes <= SMALL || journalBytes > snapshotBytes;
