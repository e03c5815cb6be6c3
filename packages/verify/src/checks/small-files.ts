import { readFile } from 'node:fs/promises';
import { isThere } from '@holdfast/durable';
import { grouped } from '@holdfast/options';
import { parseChecked, readPrecisionCost, readRunStarts } from '@holdfast/run-folder';
import type { Context } from '../context.js';
import type { Findings } from '../findings.js';
import type { FoundResult } from './result.js';

/** Checks `precision.json`, `.holdfast-starts` and `.holdfast-restart`, if they are there. */
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
  if (isThere(place.starts))
    try {
      const { starts, left_out } = await readRunStarts(place.starts, run);
      findings.sum(
        'starts',
        `.holdfast-starts: whole, the run was started ${times(starts.length + left_out)}`,
      );
    } catch (error) {
      const { name, message } = error as Error;
      const problem = name === 'ZodError' ? 'a field is missing or unknown' : message;
      findings.fault({ check: 'starts', path: place.starts, problem, remedy: 'repair' });
      findings.sum('starts', '.holdfast-starts: damaged');
    }
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

const times = (count: number) => (count === 1 ? 'once' : `${grouped(count)} times`);
