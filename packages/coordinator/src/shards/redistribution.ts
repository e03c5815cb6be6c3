/**
 * The slots a shard has been on, which decide where it goes next. Plain data; the functions below are pure.
 */
export interface SlotHistory {
  /** Slots it failed on since it last made progress; others are preferred. */
  readonly failedOn: ReadonlySet<number>;
  /** Slots on which it is out of retries. */
  readonly barred: ReadonlySet<number>;
  /** The slot on which it ran out of retries, until another takes it. */
  readonly takenOverFrom: number | null;
}

/** The history of a shard that has not been assigned yet. */
export const NO_SLOTS: SlotHistory = { failedOn: new Set(), barred: new Set(), takenOverFrom: null };

/** The history after it failed on a slot. */
export const failedOn = (history: SlotHistory, slot: number): SlotHistory => ({
  ...history,
  failedOn: new Set([...history.failedOn, slot]),
});

/** The history after it made progress: earlier failures no longer count. */
export const madeProgress = (history: SlotHistory): SlotHistory => ({ ...history, failedOn: new Set() });

/** The history after a slot took it. */
export const takenBySlot = (history: SlotHistory): SlotHistory => ({ ...history, takenOverFrom: null });

/**
 * Whether a slot may take the shard.
 *
 * @param open slots that can still have workers.
 * @param isolating whether an isolation is under way in one of its batches.
 */
export function mayTake(
  history: SlotHistory,
  { slot, open, isolating }: { slot: number; open: readonly number[]; isolating: boolean },
): boolean {
  if (history.barred.has(slot)) return false;
  // An isolation waits for another slot.
  return !isolating || !isLeftToAnother(history, { slot, open });
}

/** Whether it failed on this slot, and there is one on which it has not: that one shows whether this device is at fault. */
export const isLeftToAnother = (
  { failedOn, barred }: SlotHistory,
  { slot, open }: { slot: number; open: readonly number[] },
): boolean => failedOn.has(slot) && open.some((other) => !failedOn.has(other) && !barred.has(other));

/** Leaves it to other slots, since this one's device is at fault; null if there is no other. */
export function leftToOthers(
  history: SlotHistory,
  slot: number,
  open: readonly number[],
): SlotHistory | null {
  if (!open.some((other) => other !== slot && !history.barred.has(other))) return null;
  return { ...history, barred: new Set([...history.barred, slot]), takenOverFrom: slot };
}

/** Bars every slot it failed on once it is out of retries on this one; null if no open slot is left. */
export function outOfRetries(
  history: SlotHistory,
  slot: number,
  open: readonly number[],
): SlotHistory | null {
  const barred = new Set([...history.barred, ...history.failedOn]);
  return open.every((other) => barred.has(other)) ? null : { ...history, barred, takenOverFrom: slot };
}

/** Whether it is barred from all open slots. */
export const isStranded = ({ barred }: SlotHistory, open: readonly number[]): boolean =>
  open.every((slot) => barred.has(slot));
