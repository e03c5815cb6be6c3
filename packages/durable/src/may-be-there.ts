import { isThere } from './durable.js';

/** Whether something has the name, or may have it: what cannot be looked at is not taken for missing. */
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
