import { counted } from '@holdfast/options';
import { withoutLines } from '@holdfast/plan';
import { formatTable } from '@holdfast/run-folder';
import type { Context } from '../context.js';
import type { CheckName } from '../fault.js';
import type { Findings } from '../findings.js';
import type { missingRows } from './missing-rows.js';
import type { ProvenRun } from './rows.js';
import { firstDifference, shown } from './text-file.js';

/** Compares `ids.txt` with the index, and `quarantine.tsv` with what the checkpoints list. */
export async function checkTexts(
  { place, signal }: Context,
  { index }: Pick<ProvenRun, 'index'>,
  missing: Awaited<ReturnType<typeof missingRows>>,
  findings: Findings,
): Promise<void> {
  const compare = async (check: CheckName, path: string, due: AsyncIterable<Uint8Array>, of: string) => {
    const difference = await firstDifference(path, due, signal);
    if (difference === null) return;
    const fault = (problem: string, where?: string) =>
      findings.fault({ check, path, problem, remedy: 'repair', ...(where && { place: where }) });
    // A missing file is named where the result's files are.
    if (difference === undefined) return;
    const { line, found, due: wanted } = difference;
    const has = found === null ? 'it ends' : `it has ${shown(found)}`;
    fault(
      `${has}, but ${wanted === null ? `${of} end there` : `${of} have ${shown(wanted)} there`}`,
      `line ${line + 1}`,
    );
  };
  const quarantined = [...missing.quarantined, ...missing.copies];
  const ordinals = new Set(quarantined.map(({ ordinal }) => ordinal));
  await compare('ids', place.ids, withoutLines(index.idFile(), ordinals), 'the sequences of the index');
  const count = index.sequences - ordinals.size;
  findings.sum('ids', `ids.txt: ${counted(count, 'ID')}, as the index has them, in input order`);
  if (quarantined.length === 0) return findings.sum('quarantine', 'no sequence is quarantined', 'absent');
  const table = Buffer.from(formatTable(quarantined));
  await compare('quarantine', place.quarantine, parts(table), 'the checkpoints');
  findings.sum(
    'quarantine',
    `quarantine.tsv: ${counted(quarantined.length, 'sequence')}, as the checkpoints list them`,
  );
}

async function* parts(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
