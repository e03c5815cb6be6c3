import { Patience } from '@holdfast/process';
import type { Report } from '../events.js';

/** Tells when nothing comes from an input for long, which may be a pipe without a writer. There is no limit: somebody may type. */
export class InputWait {
  readonly #report: Report;
  #patience: Patience | null = null;
  #file: string;

  constructor(inputs: readonly string[], report: Report) {
    this.#report = report;
    this.#file = inputs.join(', ');
  }

  /** Something came. */
  progress(file: string): void {
    this.#file = file;
    this.#patience?.progress(null);
  }

  /** Watches a reading. */
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

/** Does work that may take long without a word of its own, such as the checking of a large file, and tells that it goes on. */
export async function longWork<T>(what: string, report: Report, work: () => Promise<T>): Promise<T> {
  const onWaiting = (seconds: number) =>
    report({ type: 'waiting', reason: `still ${what}: ${seconds} s so far`, seconds });
  return waitFor(onWaiting, work);
}

/** Waits for work without a limit. @param onWaiting told once it takes long, and each minute, of the seconds so far. */
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
