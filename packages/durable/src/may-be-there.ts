import { isThere } from './durable.js';

/** Whether something has the name or may have it: a name that cannot be checked does not count as missing. */
export function mayBeThere(path: string): boolean {
  try {
    return isThere(path);
  } catch {
    return true;
  }
}

/** Whether something certainly has the name: a name that cannot be checked counts as missing. */
export function isSurelyThere(path: string): boolean {
  try {
    return isThere(path);
  } catch {
    return false;
  }
}
