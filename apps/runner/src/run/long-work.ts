import { Patience } from '@holdfast/process';
import type { Tell } from '../events.js';

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
