import { shellWord } from '@holdfast/options';
import { rowIds } from './row-ids.js';
import { shownId } from './shown-id.js';

/** The number of a read of a pair, and the version of an accession, at the end. */
const TAIL = /(\/[12]|\.\d+)$/;
/** The names of databases between bars, such as `sp` and `ref`, are shorter. */
const SHORTEST_PART = 4;

const plain = (id: string): string => id.replace(TAIL, '').toLowerCase();
const partsOf = (id: string): string[] => (id.includes('|') ? id.split('|') : []);

/** The IDs by their keys, without case, version and mate. */
function byKey(ids: readonly string[], keysOf: (id: string) => string[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const id of ids)
    for (const key of keysOf(id).map(plain)) if (key !== '') found.set(key, [...(found.get(key) ?? []), id]);
  return found;
}

/**
 * For each ID that a result does not have, the one of its IDs that is like it: in other letters, with another version or number
 * of the pair, or one of them is a part of the other between bars, as UniProt writes its IDs. Two IDs that only share a part are
 * of different sequences. If several are like it, nobody knows which was meant, so none is given.
 *
 * @param path of `ids.txt`.
 */
export async function alikeIn(path: string, ids: readonly string[]): Promise<Map<string, string>> {
  const alike = new Map<string, string>();
  const several = new Set<string>();
  const whole = byKey(ids, (id) => [id]);
  const parts = byKey(ids, (id) => partsOf(id).filter((part) => part.length >= SHORTEST_PART));
  if (whole.size === 0) return alike;
  for await (const list of rowIds(path))
    for (const id of list) {
      const key = plain(id);
      const like = [key, ...partsOf(id).map(plain)].flatMap((each) => whole.get(each) ?? []);
      for (const missing of [...like, ...(parts.get(key) ?? [])]) {
        if ((alike.get(missing) ?? id) !== id) several.add(missing);
        alike.set(missing, id);
      }
      if (several.size === ids.length) return new Map();
    }
  for (const id of several) alike.delete(id);
  return alike;
}

/** An ID to be typed, quoted for a shell. */
export const shownAlike = (id: string): string =>
  shownId(id) === id || /^[\x20-\x7e]{1,100}$/.test(id) ? shellWord(id) : shownId(id);
