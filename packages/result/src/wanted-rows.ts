import { readFile } from 'node:fs/promises';
import { layout, RunFolderError } from '@holdfast/run-folder';
import { alikeIn, shownAlike } from './alike-ids.js';
import type { Result } from './open-result.js';
import { findRows } from './row-ids.js';
import { shownId } from './shown-id.js';

/** IDs that have no row. */
export interface Missing {
  quarantined: string[];
  unknown: string[];
  /** An ID that the result has, for an unknown one that is like it: see `alikeIn`. */
  alike: ReadonlyMap<string, string>;
}

/** Most IDs that a message names. */
const NAMED = 20;

/**
 * The rows of some IDs, in the order in which they are named, each once.
 *
 * @returns the rows of those that have one, and the others.
 */
export async function wantedRows(
  result: Pick<Result, 'record' | 'folder' | 'ids'>,
  wanted: Iterable<string>,
): Promise<{ rows: Map<string, number>; missing: Missing }> {
  const ids = [...new Set(wanted)];
  const found = await findRows(result.ids, ids);
  const rows = new Map(ids.flatMap((id) => (found.has(id) ? [[id, found.get(id)!] as const] : [])));
  return {
    rows,
    missing: await withoutRow(
      result,
      ids.filter((id) => !found.has(id)),
    ),
  };
}

async function withoutRow(
  { record, folder, ids: path }: Pick<Result, 'record' | 'folder' | 'ids'>,
  ids: readonly string[],
): Promise<Missing> {
  const missing: Missing = { quarantined: [], unknown: [], alike: new Map() };
  if (ids.length === 0) return missing;
  const { quarantine } = layout(folder);
  const table = record.files.some(({ file }) => quarantine.endsWith(file))
    ? await readFile(quarantine, 'utf8')
    : '';
  const quarantined = new Set(
    table
      .split('\n')
      .slice(1)
      .map((line) => line.split('\t', 1)[0]),
  );
  for (const id of ids) missing[quarantined.has(id) ? 'quarantined' : 'unknown'].push(id);
  return { ...missing, alike: await alikeIn(path, missing.unknown.slice(0, NAMED)) };
}

/** Says which IDs have no row, and why. */
export function missingText({ quarantined, unknown, alike }: Missing, folder: string): string {
  const list = (ids: readonly string[]) =>
    ids
      .slice(0, NAMED)
      .map((id) =>
        alike.has(id) ? `${shownId(id)} (did you mean ${shownAlike(alike.get(id)!)}?)` : shownId(id),
      )
      .join(', ') + (ids.length > NAMED ? ` and ${ids.length - NAMED} more` : '');
  return [
    ...(unknown.length > 0
      ? [`no sequence of ${folder} has the ID${unknown.length > 1 ? 's' : ''} ${list(unknown)}`]
      : []),
    ...(quarantined.length > 0
      ? [`quarantined, so without a row (quarantine.tsv says why): ${list(quarantined)}`]
      : []),
  ].join('; ');
}

/** @throws RunFolderError if IDs have no row. @param remedy what to do then. */
export function refuseMissing(missing: Missing, folder: string, remedy: string): void {
  if (missing.unknown.length + missing.quarantined.length > 0)
    throw new RunFolderError(`${missingText(missing, folder)}; ${remedy}`);
}
