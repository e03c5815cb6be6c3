/** The slots that a shard was with, and what that says about where it goes next. Plain data; the functions below are pure. */
export interface SlotHistory {
  /** Slots it failed on since it last made progress: others are tried first. */
  readonly failedOn: ReadonlySet<number>;
  /** Slots on which it is out of retries. */
  readonly barred: ReadonlySet<number>;
  /** The slot that was out of retries with it, until another takes it. */
  readonly takenOverFrom: number | null;
}

/** The history of a shard that no slot had yet. */
export const NO_SLOTS: SlotHistory = { failedOn: new Set(), barred: new Set(), takenOverFrom: null };

/** It failed on a slot. */
export const failedOn = (history: SlotHistory, slot: number): SlotHistory => ({
  ...history,
  failedOn: new Set([...history.failedOn, slot]),
});

/** It made progress: where it failed before no longer counts. */
export const wentForward = (history: SlotHistory): SlotHistory => ({ ...history, failedOn: new Set() });

/** A slot took it. */
export const takenBySlot = (history: SlotHistory): SlotHistory => ({ ...history, takenOverFrom: null });

/**
 * Whether a slot may have the shard.
 *
 * @param open slots that can still have workers.
 * @param searching whether the rows at fault in one of its batches are searched for.
 */
export function mayTake(
  history: SlotHistory,
  { slot, open, searching }: { slot: number; open: readonly number[]; searching: boolean },
): boolean {
  if (history.barred.has(slot)) return false;
  // Another slot can tell whether the sequences or this slot's device is at fault; a search waits for one.
  const another = open.some((other) => !history.failedOn.has(other) && !history.barred.has(other));
  return !searching || !history.failedOn.has(slot) || !another;
}

/** Leaves it to other slots than this one, whose device is at fault; null where there is no other. */
export function leftToOthers(
  history: SlotHistory,
  slot: number,
  open: readonly number[],
): SlotHistory | null {
  if (!open.some((other) => other !== slot && !history.barred.has(other))) return null;
  return { ...history, barred: new Set([...history.barred, slot]), takenOverFrom: slot };
}

/** Bars every slot it failed on, as it is out of retries on this one; null where no open slot is left. */
export function outOfRetries(
  history: SlotHistory,
  slot: number,
  open: readonly number[],
): SlotHistory | null {
  const barred = new Set([...history.barred, ...history.failedOn]);
  return open.every((other) => barred.has(other)) ? null : { ...history, barred, takenOverFrom: slot };
}

/** Whether none of the open slots may have it any more. */
export const isStranded = ({ barred }: SlotHistory, open: readonly number[]): boolean =>
  open.every((slot) => barred.has(slot));
