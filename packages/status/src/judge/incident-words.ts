// Words for people about failures. The names in events and JSON stay.

/** A kind of failure, in a table. */
export const shortKind = (kind: string): string => (kind === 'spot_preemption' ? 'ended from outside' : kind);

/** A kind of failure, in a sentence. */
export const kindWords = (kind: string): string =>
  kind === 'spot_preemption'
    ? `${shortKind(kind)}, as when a spot instance is taken away or memory runs out`
    : kind;

/** When a shard comes again, to be said of that shard. @param slotOnly whether another slot need not wait. */
export function retryWords(delayMs: number | null, slotOnly: boolean, reason: string): string {
  const seconds = delayMs === null ? '?' : `${Math.round(delayMs / 100) / 10}`;
  if (slotOnly)
    return `will be retried when a worker is free; the lost one is replaced in ${seconds} s: ${reason}`;
  const when = seconds === '0' ? '' : ` in ${seconds} s at the earliest`;
  return `will be retried${when}: ${reason}`;
}

/** Whether a worker was killed only because the run was over before it had begun, which is no failure. @param reason of the kill. */
export const isOrdinaryEnd = (reason: unknown): boolean =>
  reason === 'the run is ending, and it was still starting';
