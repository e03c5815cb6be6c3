import { inBytes } from '@holdfast/options';

/** How the room of a disk compares with what a run needs: `close` may still turn out too little. */
export type DiskVerdict = 'enough' | 'close' | 'short';

/** What a run needs is known to a few percent, since the number of checkpoints depends on the speed. */
const SURELY_SHORT = 0.95;
/** Others write to the disk too. */
const CLOSE = 1.2;

/** @param need bytes that are still to be written. @param free bytes; null if the system does not say. */
export function diskVerdict(need: number, free: number | null): DiskVerdict {
  if (free === null || free >= CLOSE * need) return 'enough';
  return free < SURELY_SHORT * need ? 'short' : 'close';
}

/** There is clearly less room on a disk than the run needs. */
export class DiskSpaceError extends Error {
  readonly code = 'disk_space';
  override readonly name = 'DiskSpaceError';

  /** @param path a folder on the disk. */
  constructor(
    readonly path: string,
    readonly needBytes: number,
    readonly freeBytes: number,
  ) {
    super(
      `${path}: the run needs ${inBytes(needBytes)} more on this disk, and ${inBytes(freeBytes)} are free; make room there, use another --out, or add --ignore-disk-space to begin all the same`,
    );
  }

  /** What to say where the run goes on. */
  get asWarning(): string {
    const { path, needBytes, freeBytes } = this;
    return `${path}: the run needs ${inBytes(needBytes)} more on this disk, and only ${inBytes(freeBytes)} are free`;
  }
}
