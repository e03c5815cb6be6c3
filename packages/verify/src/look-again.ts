import { setTimeout as delay } from 'node:timers/promises';
import { Findings } from './findings.js';

/** Milliseconds before each further look. */
const PAUSES = [200, 500, 1000, 2000];

/** Whether somebody may be writing to the folder. Once seen at work, a run counts as such until the end. */
export class Writer {
  #seen = false;

  /** @param atWork null if unknown. */
  constructor(private readonly atWork: () => boolean | null) {}

  /** Whether a run was seen at work. */
  get seen(): boolean {
    this.mayWrite();
    return this.#seen;
  }

  mayWrite(): boolean {
    const now = this.atWork();
    if (now === true) this.#seen = true;
    return this.#seen || now === null;
  }
}

/**
 * Runs a check. If it finds faults while a run may be writing, it looks again, a few times: a checkpoint may have appeared, been
 * replaced or been moved aside between two steps. The last look counts.
 *
 * @throws the signal's reason.
 */
export async function lookAgain<T>(
  findings: Findings,
  { writer, signal }: { writer: Writer; signal: AbortSignal },
  look: (findings: Findings) => Promise<T>,
): Promise<T> {
  for (let tries = 0; ; tries++) {
    const found = new Findings(findings.out);
    const result = await look(found);
    const pause = PAUSES[tries];
    if (found.count() === 0 || pause === undefined || !writer.mayWrite()) {
      findings.add(found);
      return result;
    }
    await delay(pause, undefined, { signal }).catch(() => undefined);
    signal.throwIfAborted();
  }
}
