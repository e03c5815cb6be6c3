import { readFile } from 'node:fs/promises';
import { parseResult } from '@holdfast/run-folder';
import { checkResultFiles, checkResultRecord } from './checks/result.js';
import type { Context } from './context.js';
import type { Findings } from './findings.js';
import type { Looked } from './look.js';

/** Looks at the copy of a result: each file against its record. @param work where the run is kept, which has all the rest. */
export async function lookAtCopy(context: Context, work: string, findings: Findings): Promise<Looked> {
  const { place } = context;
  findings.unseen.push(
    `the run, which is kept in ${work}: verify that folder too, where the rows are compared with the checkpoints`,
  );
  // Nothing else here says of which run the copy is.
  const run = await readFile(place.result, 'utf8')
    .then((text) => parseResult(text).run)
    .catch(() => '');
  const result = await checkResultRecord(context, run, findings);
  if (result !== null) await checkResultFiles(context, result, findings);
  return { run: null, recorded: false, standings: [], result };
}
