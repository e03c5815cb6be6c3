import { shellWord } from '@holdfast/options';
import { rowIds } from './row-ids.js';
import { shownId } from './shown-id.js';

/** The number of a read of a pair, and the version of an accession, at the end. */
const TAIL = /(\/[12]|\.\d+)$/;
/** The names of databases between bars, such as `sp` and `ref`, are shorter. */
const SHORTEST_PART = 4;

const plain = (id: string): string => id.replace(TAIL, '').toLowerCase();
const partsOf = (id: string): string[] => (id.includes('|') ? id.split('|') : []);

/**
 * For each ID that a result does not have, the first of its IDs that is like it: in other letters, with another version or number
 * of the pair, or the one between the bars of the other, as UniProt writes its IDs.
 *
 * @param path of `ids.txt`.
 */
export async function alikeIn(path: string, ids: readonly string[]): Promise<Map<string, string>> {
  const alike = new Map<string, string>();
  const wanted = new Map<string, string[]>();
  for (const id of ids)
    for (const key of [id, ...partsOf(id).filter((part) => part.length >= SHORTEST_PART)].map(plain))
      if (key !== '') wanted.set(key, [...(wanted.get(key) ?? []), id]);
  if (wanted.size === 0) return alike;
  for await (const list of rowIds(path))
    for (const id of list)
      for (const key of [id, ...partsOf(id)].map(plain))
        for (const missing of wanted.get(key) ?? []) {
          if (alike.has(missing)) continue;
          alike.set(missing, id);
          if (alike.size === ids.length) return alike;
        }
  return alike;
}

/** An ID to be typed: as a shell reads it, for bars and blanks would else be commands. */
export const shownAlike = (id: string): string =>
  shownId(id) === id || /^[\x20-\x7e]{1,100}$/.test(id) ? shellWord(id) : shownId(id);
