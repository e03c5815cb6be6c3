import type { VerifyProgress } from '@holdfast/verify';
import { CLEAR } from './reporter.js';

/** Milliseconds between two drawings. */
const PAUSE = 100;

/** How far something is. */
type Shown = Omit<VerifyProgress, 'what'> & { what: VerifyProgress['what'] | 'the map' };

/** A line on a terminal that says how far a verification is; nothing elsewhere. */
export function verifyProgress(stream: NodeJS.WriteStream, now: () => number = Date.now, doing = 'checking') {
  let drawn = Number.NEGATIVE_INFINITY;
  return {
    show({ what, done, total }: Shown): void {
      if (!stream.isTTY || now() - drawn < PAUSE) return;
      drawn = now();
      const share = total > 0 ? Math.floor((100 * done) / total) : 100;
      const counts = what === 'checkpoints' || what === 'rows' ? ` (${done} of ${total})` : '';
      stream.write(`${CLEAR}${doing} ${what}: ${share}%${counts}`);
    },
    /** Removes the line. */
    end(): void {
      if (drawn > 0) stream.write(CLEAR);
    },
  };
}
