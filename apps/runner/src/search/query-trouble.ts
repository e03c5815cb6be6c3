import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { grouped } from '@holdfast/options';
import type { Result } from '@holdfast/result';
import { layout } from '@holdfast/run-folder';
import { ExitCode } from '../errors.js';
import type { Report } from '../events.js';

/** Most queries that are named one by one. */
const NAMED = 10;

/** The events of `embed` that are about the queries, not about the folder that they are embedded in. */
export const ofQueries =
  (report: Report): Report =>
  (event) => {
    if (event.type === 'complete' || event.type === 'assembling') return;
    if (event.type === 'warning') report({ ...event, message: queryWarning(event.message) });
    else report(event);
  };

/** A warning of `embed` without what does not hold for queries. */
export function queryWarning(message: string): string {
  // The table is in a folder that is removed: its records are named one by one.
  const table = `; listed in ${basename(layout('.').skipped)}`;
  // Queries are read as the run was: no option of the run can be given, and there is nothing to start over.
  const remedies = message.replace(table, '').split('; ');
  return remedies.filter((part) => !part.includes('--force-restart')).join('; ');
}

/** Says which records of the queries were left out, and which queries have no row. @returns the exit code. */
export async function reportTrouble({ folder, record }: Result, report: Report): Promise<number> {
  const { quarantined = 0, skipped = 0 } = record;
  const warn = (message: string) => report({ type: 'warning', message });
  const place = layout(folder);
  if (skipped > 0) {
    for (const [file, record, , id, , problem] of (await linesIn(place.skipped)).slice(0, NAMED))
      warn(`${file}, record ${record}${id === '' ? '' : ` (${id})`} is left out: ${problem}`);
    if (skipped > NAMED) warn(`records that are left out: ${grouped(skipped - NAMED)} more`);
  }
  if (quarantined === 0) return ExitCode.complete;
  for (const [id, , kind, , error] of (await linesIn(place.quarantine)).slice(0, NAMED))
    warn(`the query ${id} has no row, so nothing is near it (${kind}): ${error}`);
  if (quarantined > NAMED) warn(`queries without a row: ${grouped(quarantined - NAMED)} more`);
  return ExitCode.quarantined;
}

/** The fields of the lines of a table, without its header. */
async function linesIn(path: string): Promise<string[][]> {
  const lines = (await readFile(path, 'utf8')).split('\n');
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split('\t'));
}
