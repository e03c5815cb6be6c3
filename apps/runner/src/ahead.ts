import { setImmediate as turn } from 'node:timers/promises';

/** A call that has ended; rejected where it failed, which nobody has to take. */
export interface Ended<R> {
  result: Promise<R>;
}

/**
 * Calls for one item after another, and for the next one while one is under way, so that what can be prepared of it is. What
 * comes are the calls that have ended, in the order of the items. After one that failed none is begun; the one that is under
 * way then, or when no more is asked for, is left to itself.
 *
 * Once a call has ended, the event loop takes a turn before another item is asked for: a signal to stop gets through.
 *
 * @param read what an item is called with, read before the next item is asked for.
 */
export async function* ahead<T, I, R>(
  items: Iterable<T>,
  read: (item: T) => Promise<I>,
  call: (input: I) => Promise<R>,
): AsyncGenerator<Ended<R>> {
  const iterator = items[Symbol.iterator]();
  const begin = async (): Promise<Ended<R> | null> => {
    const item = iterator.next();
    if (item.done) return null;
    const input = read(item.value);
    const result = input.then(call);
    // One that nobody comes to take must not end the process.
    result.catch(() => undefined);
    await Promise.allSettled([input]);
    return { result };
  };
  let now = await begin();
  let next = now && (await begin());
  while (now !== null) {
    const [ended] = await Promise.allSettled([now.result]);
    if (ended.status === 'fulfilled') await turn();
    const following = next !== null && ended.status === 'fulfilled' ? await begin() : null;
    yield now;
    [now, next] = [next, following];
  }
}
