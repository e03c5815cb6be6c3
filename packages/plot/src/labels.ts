import { open } from 'node:fs/promises';
import { rowIds } from '@holdfast/result';
import type { Colouring } from './colouring.js';
import { PlotInputError } from './plot-input-error.js';

/** Labels that are told apart. */
const MOST = 65_534;

/**
 * Reads a table of labels: a line for each ID, with a tab between the ID and its label. What follows a second tab is passed over,
 * and so is a first line that begins with `id`, and an empty line.
 *
 * @throws PlotInputError for a line without a label, an ID that is there twice with different labels, or too many labels.
 */
export async function readLabels(path: string): Promise<Map<string, string>> {
  const labels = new Map<string, string>();
  let number = 0;
  const file = await opened(path);
  for await (const line of file.readLines()) {
    number++;
    if (line === '' || (number === 1 && /^#?id\t/i.test(line))) continue;
    const [id = '', label] = line.split('\t', 2);
    if (label === undefined)
      throw new PlotInputError(
        `${path}: line ${number} has no tab, so there is no label for ${JSON.stringify(id)}; write one line for each ID: the ID, a tab, the label`,
      );
    const before = labels.get(id);
    if (before !== undefined && before !== label)
      throw new PlotInputError(
        `${path}: line ${number} labels ${JSON.stringify(id)} once more, as ${JSON.stringify(label)} and not as ${JSON.stringify(before)}; keep one of the two`,
      );
    labels.set(id, label);
  }
  return labels;
}

async function opened(path: string) {
  try {
    const file = await open(path);
    if ((await file.stat()).isFile()) return file;
    await file.close();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new PlotInputError(`${path}: the labels cannot be read (${code}); name a table of IDs and labels`, {
      cause,
    });
  }
  throw new PlotInputError(`${path}: is not a file; name a table of IDs and labels`);
}

/**
 * Colours rows by their labels.
 *
 * @param ids path of `ids.txt`. @param path of the labels, for messages.
 * @throws PlotInputError if no ID has a label.
 */
export async function labelled(
  labels: ReadonlyMap<string, string>,
  { ids, rows, path }: { ids: string; rows: number; path: string },
): Promise<Extract<Colouring, { by: 'label' }>> {
  const counts = new Map<string, number>();
  const names: string[] = [];
  const numbers = new Map<string, number>();
  const NONE = 0xffff;
  const of = new Uint16Array(rows).fill(NONE);
  let row = 0;
  for await (const list of rowIds(ids))
    for (const id of list) {
      const label = labels.get(id);
      if (label !== undefined) {
        let at = numbers.get(label);
        if (at === undefined) {
          at = names.length;
          if (at > MOST) throw new PlotInputError(`${path}: it has more than ${MOST} labels; use fewer`);
          names.push(label);
          numbers.set(label, at);
        }
        of[row] = at;
        counts.set(label, (counts.get(label) ?? 0) + 1);
      }
      row++;
    }
  if (names.length === 0)
    throw new PlotInputError(
      `${path}: none of its ${labels.size} IDs is in ${ids}; the IDs must be those of that file`,
    );
  const ranked = [...names].sort((a, b) => counts.get(b)! - counts.get(a)! || (a < b ? -1 : 1));
  const rank = new Uint16Array(names.length);
  for (const [place, name] of ranked.entries()) rank[numbers.get(name)!] = place;
  let without = 0;
  for (let at = 0; at < rows; at++) {
    if (of[at] === NONE) without++;
    of[at] = of[at] === NONE ? names.length : rank[of[at]!]!;
  }
  return { by: 'label', of, names: ranked, counts: [...ranked.map((name) => counts.get(name)!), without] };
}
