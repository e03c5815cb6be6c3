import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { Layout } from './layout.js';
import { formatTable, type QuarantinedSequence } from './quarantine/table.js';
import type { ResultRecord } from './records/result-record.js';

/** Whether exactly these sequences are missing from a result, for these reasons. */
export function leavesOut(
  { quarantine }: Pick<Layout, 'quarantine'>,
  { files }: Pick<ResultRecord, 'files'>,
  sequences: readonly QuarantinedSequence[],
): boolean {
  const table = files.find(({ file }) => file === basename(quarantine));
  if (sequences.length === 0) return table === undefined;
  return table?.sha256 === createHash('sha256').update(formatTable(sequences)).digest('hex');
}
