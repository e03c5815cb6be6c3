import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { isThere } from '@holdfast/durable';
import { type Layout, parseChecked, readPrecisionCost } from '@holdfast/run-folder';
import type { Context } from '../context.js';
import type { Findings } from '../findings.js';
import type { FoundResult } from './result.js';

/** Checks `precision.json`, `.holdfast-restart` and what tasks on several machines go by, if they are there. */
export async function checkSmallFiles(
  { place }: Context,
  run: string,
  result: FoundResult | null,
  findings: Findings,
): Promise<void> {
  if (isThere(place.precision)) {
    const cost = await readPrecisionCost(place.precision, run);
    const fault = (problem: string) =>
      findings.fault({ check: 'precision', path: place.precision, problem, remedy: 'repair' });
    const said = result?.record.precision;
    if (cost === null) fault('it is damaged, or of another run');
    else if (said !== undefined && JSON.stringify(said) !== JSON.stringify(cost))
      fault('it is not what result.json says of the precision');
    findings.sum('precision', 'precision.json: whole');
  }
  await checkCluster(place, run, findings);
  if (!isThere(place.restart)) return;
  try {
    if (!parseChecked(await readFile(place.restart, 'utf8')).checked) throw new Error('it has no checksum');
    findings.sum('restart', '.holdfast-restart: whole');
    findings.notes.push('a --force-restart has begun here: the same command goes on with it');
  } catch (error) {
    const problem = (error as Error).message;
    findings.fault({ check: 'restart', path: place.restart, problem, remedy: 'repair' });
    findings.sum('restart', '.holdfast-restart: damaged');
  }
}

/** What the tasks of a run do, and the jobs that were submitted for it. */
async function checkCluster({ work, jobs }: Layout, run: string, findings: Findings): Promise<void> {
  const there = [work, jobs].filter(isThere);
  for (const path of there) {
    try {
      const { value, checked } = parseChecked(await readFile(path, 'utf8'));
      if (!checked) throw new Error('it has no checksum');
      if ((value as { run?: unknown }).run !== run) throw new Error('it is of another run');
    } catch (error) {
      const problem = (error as Error).message;
      findings.fault({ check: 'cluster', path, problem, remedy: 'submit' });
    }
  }
  if (there.length > 0)
    findings.sum('cluster', `${there.map((path) => `cluster/${basename(path)}`).join(', ')}: whole`);
}
