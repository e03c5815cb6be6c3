import { readFile } from 'node:fs/promises';
import { rowIds } from '@holdfast/result';
import { RunFolderError } from '@holdfast/run-folder';
import type { ColourHeader } from '../wire.js';

/** A colouring that a file of labels gives: a number or a category for each row. */
export interface LabelColumn {
  header: ColourHeader;
  /** Of numbers NaN, and of categories 0 (no label), for rows that the file does not name. */
  data: Float32Array | Uint16Array;
}

/** What categories are numbered with. */
const MOST_CATEGORIES = 0xffff;

/** What a row without a label is called. */
const UNLABELLED = '(no label)';

/**
 * Reads a table of labels: tab-separated, the names of the columns first, then one line an ID. A column is of numbers if each of
 * its fields that is not empty is one, and of categories otherwise.
 *
 * @param ids path of `ids.txt`. @returns the columns, and how many of the file's IDs the result does not have.
 * @throws RunFolderError that names the line, for a file that is not such a table.
 */
export async function readLabels(
  path: string,
  ids: string,
  rows: number,
): Promise<{ columns: LabelColumn[]; unknown: number }> {
  const lines = (await readFile(path, 'utf8')).split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const names = (lines[0] ?? '').split('\t').slice(1);
  if (names.length === 0)
    throw new RunFolderError(
      `${path}, line 1: it must name the columns, separated by tabs: the ID first, then at least one label`,
    );
  const labels = new Map<string, { fields: string[]; row: number }>();
  for (const [at, line] of lines.entries()) {
    if (at === 0) continue;
    const [id = '', ...fields] = line.split('\t');
    const where = `${path}, line ${at + 1}`;
    if (fields.length !== names.length)
      throw new RunFolderError(
        `${where}: it has ${fields.length + 1} fields, but the first line names ${names.length + 1} columns`,
      );
    if (labels.has(id))
      throw new RunFolderError(`${where}: the ID ${id} was there before; keep one line an ID`);
    labels.set(id, { fields, row: -1 });
  }
  let row = 0;
  let known = 0;
  for await (const some of rowIds(ids))
    for (const id of some) {
      const label = labels.get(id);
      if (label !== undefined) {
        label.row = row;
        known++;
      }
      row++;
    }
  if (known === 0)
    throw new RunFolderError(
      `${path}: none of its ${labels.size} IDs is in the result; the first column must be the ID`,
    );
  const found = [...labels.values()].filter((each) => each.row >= 0);
  const columns = names.map((name, at) => columnOf(path, name, at, found, rows));
  return { columns, unknown: labels.size - known };
}

function columnOf(
  path: string,
  name: string,
  at: number,
  labels: readonly { fields: string[]; row: number }[],
  rows: number,
): LabelColumn {
  const given = labels.filter(({ fields }) => fields[at] !== '');
  if (given.length > 0 && given.every(({ fields }) => isNumber(fields[at]!))) {
    const data = new Float32Array(rows).fill(Number.NaN);
    for (const { fields, row } of given) data[row] = Number(fields[at]);
    return { header: { kind: 'number', name }, data };
  }
  const counts = new Map<string, number>();
  for (const { fields } of given) counts.set(fields[at]!, (counts.get(fields[at]!) ?? 0) + 1);
  if (counts.size >= MOST_CATEGORIES)
    throw new RunFolderError(
      `${path}: the column ${name} has more than ${MOST_CATEGORIES - 1} different labels`,
    );
  const order = [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([label]) => label);
  const codes = new Map(order.map((label, code) => [label, code + 1]));
  const data = new Uint16Array(rows);
  for (const { fields, row } of given) data[row] = codes.get(fields[at]!)!;
  return { header: { kind: 'category', name, names: [UNLABELLED, ...order] }, data };
}

const isNumber = (text: string) => /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text.trim());
