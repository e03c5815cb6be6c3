import { Patience } from '@holdfast/process';
import type { Report, RunEvent } from '../events.js';

/** Reports how inputs are read, and that one has been silent for long; it may be a pipe without a writer. No limit: somebody may be typing. */
export class InputWait {
  readonly #report: Report;
  #patience: Patience | null = null;
  #file: string;

  constructor(inputs: readonly string[], report: Report) {
    this.#report = report;
    this.#file = inputs.join(', ');
  }

  /** Reports how far the inputs are read. */
  readonly progress = (progress: Omit<Extract<RunEvent, { type: 'indexing' }>, 'type'>): void => {
    this.#file = progress.file;
    this.#patience?.progress(null);
    this.#report({ type: 'indexing', ...progress });
  };

  /** Watches one pass over the inputs. */
  async during<T>(read: () => Promise<T>): Promise<T> {
    const onWaiting = (seconds: number) => {
      const from = this.#file === '-' ? 'standard input' : this.#file;
      const reason = `still reading ${from}: nothing new for ${seconds} s`;
      this.#report({ type: 'waiting', reason, seconds });
    };
    return waitFor(onWaiting, (patience) => {
      this.#patience = patience;
      return read();
    });
  }
}

/** Does work that may take long without reporting anything, such as checking a large file, and reports that it is going on. */
export async function longWork<T>(what: string, report: Report, work: () => Promise<T>): Promise<T> {
  const onWaiting = (seconds: number) =>
    report({ type: 'waiting', reason: `still ${what}: ${seconds} s so far`, seconds });
  return waitFor(onWaiting, work);
}

/** Waits for work without a limit. @param onWaiting called once it takes long, then every minute, with the seconds so far. */
async function waitFor<T>(
  onWaiting: (seconds: number) => void,
  work: (patience: Patience) => Promise<T>,
): Promise<T> {
  const patience = new Patience(Number.POSITIVE_INFINITY, {
    onWaiting: ({ seconds }) => onWaiting(seconds),
    onLimit: () => undefined,
  });
  try {
    return await work(patience);
  } finally {
    patience.end();
  }
}
