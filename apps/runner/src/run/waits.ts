import { Patience } from '@holdfast/process';
import type { Tell } from '../events.js';

/** Tells when nothing comes from an input for long, which may be a pipe without a writer. There is no limit: somebody may type. */
export class InputWait {
  readonly #tell: Tell;
  #patience: Patience | null = null;
  #file: string;

  constructor(inputs: readonly string[], tell: Tell) {
    this.#tell = tell;
    this.#file = inputs.join(', ');
  }

  /** Something came. */
  progress(file: string): void {
    this.#file = file;
    this.#patience?.progress(null);
  }

  /** Watches a reading. */
  async during<T>(read: () => Promise<T>): Promise<T> {
    this.#patience = new Patience(Number.POSITIVE_INFINITY, {
      onWaiting: ({ seconds }) => {
        const from = this.#file === '-' ? 'standard input' : this.#file;
        this.#tell({
          type: 'waiting',
          reason: `still reading ${from}: nothing new for ${seconds} s`,
          seconds,
        });
      },
      onLimit: () => undefined,
    });
    try {
      return await read();
    } finally {
      this.#patience.end();
      this.#patience = null;
    }
  }
}

/** Does work that may take long without a word of its own, such as the checking of a large file, and tells that it goes on. */
export async function longWork<T>(what: string, tell: Tell, work: () => Promise<T>): Promise<T> {
  const patience = new Patience(Number.POSITIVE_INFINITY, {
    onWaiting: ({ seconds }) =>
      tell({ type: 'waiting', reason: `still ${what}: ${seconds} s so far`, seconds }),
    onLimit: () => undefined,
  });
  try {
    return await work();
  } finally {
    patience.end();
  }
}
