/** A PersistentVolumeClaim, and where the containers see it. */
export interface ClaimMount {
  claim: string;
  /** Absolute path in the container. */
  path: string;
}

/**
 * Reads `CLAIM` or `CLAIM:PATH`, as people type it.
 *
 * @param text what was typed.
 * @param folder the run folder, absolute: the path if none is given.
 * @throws RangeError if the path is not absolute.
 */
export function parseClaim(text: string, folder: string): ClaimMount {
  const colon = text.indexOf(':');
  if (colon < 0) return { claim: text, path: folder };
  const path = text.slice(colon + 1);
  if (!path.startsWith('/'))
    throw new RangeError(
      `the path of the claim ${text} must be absolute, as in ${text.slice(0, colon)}:/data`,
    );
  return { claim: text.slice(0, colon), path: path.replace(/(?<=.)\/+$/, '') };
}

/** Whether a path is the mount, or lies in it. Both are absolute. */
export const isBelow = (mount: string, path: string) =>
  mount === '/' || path === mount || path.startsWith(`${mount}/`);
