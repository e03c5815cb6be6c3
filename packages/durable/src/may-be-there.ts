import { isThere } from './durable.js';

/** Whether something has the name, or may have it: what cannot be checked does not count as missing. */
export function mayBeThere(path: string): boolean {
  try {
    return isThere(path);
  } catch {
    return true;
  }
}

/** Whether something has the name, as far as it can be looked at. */
export function isSurelyThere(path: string): boolean {
  try {
    return isThere(path);
  } catch {
    return false;
  }
}
