import { open } from 'node:fs/promises';
import { readAt } from '@holdfast/durable';
import { counted, grouped } from '@holdfast/options';
import { bytesOf } from '@holdfast/result';
import {
  columnBytes,
  type RowFile,
  resultRows,
  rowFiles,
  ShardIncompleteError,
  storedTypeOf,
} from '@holdfast/run-folder';
import type { Context, KnownRun } from '../context.js';
import type { Findings } from '../findings.js';
import { DifferingRows } from './differing-rows.js';
import type { missingRows } from './missing-rows.js';
import type { FoundResult } from './result.js';
import type { RowNames } from './row-names.js';
import { rowPlace } from './row-place.js';
import { RowsOfResult } from './rows-of-result.js';
import { scratchRows } from './scratch-rows.js';

/** A run whose shards are complete and whose index is whole. */
export type ProvenRun = KnownRun & { index: NonNullable<KnownRun['index']>; dim: number };

/**
 * Compares every row of the result with the checkpoints, byte for byte: joins them as a run does, into the memory of one bucket.
 * Checks the header's shape, and the IDs in a `.pt`.
 *
 * @returns the rows that differ; null if they cannot be compared.
 */
export async function checkRows(
  context: Context,
  { record: { fingerprint: run, outputs }, index, shards, dim }: ProvenRun,
  { record, format }: FoundResult,
  found: Awaited<ReturnType<typeof missingRows>>,
  names: RowNames,
  findings: Findings,
): Promise<DifferingRows | null> {
  const { place, signal, onProgress } = context;
  const path = place.embeddings(format);
  const fault = (problem: string, where?: string) => {
    findings.fault({ check: 'rows', path, problem, remedy: 'repair', ...(where && { place: where }) });
    return null;
  };
  const quarantined = found.quarantined.length + found.copies.length;
  const rows = index.sequences - quarantined;
  const [{ dim: own }] = rowFiles(dim, outputs) as [RowFile];
  const dtype = storedTypeOf(outputs);
  if (record.dim !== own || record.sequences !== rows || (record.quarantined ?? 0) !== quarantined)
    findings.fault({
      check: 'result',
      path: place.result,
      problem: `it says ${grouped(record.sequences)} rows of ${record.dim} numbers and ${record.quarantined ?? 0} quarantined, but the checkpoints have ${grouped(rows)} of ${own} and ${quarantined}`,
      remedy: 'repair',
    });
  const head = await rowPlace(format, path, dtype);
  if (typeof head === 'string') return fault(head);
  if (head.shape[0] !== rows || head.shape[1] !== own)
    return fault(`its shape is [${head.shape.join(', ')}], but the checkpoints have [${rows}, ${own}]`);
  if (head.ids !== null) await compareIds(head.ids, names, fault);
  const differing = new DifferingRows(names, findings, path);
  const width = own * bytesOf(dtype);
  let row = 0;
  const file = await open(path, 'r');
  try {
    let buffer = Buffer.alloc(0);
    // Rows that stand there as they are in the checkpoints are taken from there.
    const plain = outputs === undefined;
    const copied = async () => (plain ? new RowsOfResult(file.fd, head.offset, names) : scratchRows(index));
    for await (const part of resultRows({ place, run, index, shards, dim, outputs, found, copied })) {
      signal.throwIfAborted();
      const stored = columnBytes(part, { width: dim, first: 0, dim: own, dtype });
      const due = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
      if (buffer.length < due.length) buffer = Buffer.alloc(due.length);
      const read = await readAt(file, buffer.subarray(0, due.length), head.offset + row * width);
      const there = buffer.subarray(0, read);
      if (!there.equals(due))
        for (let at = 0; at < due.length; at += width)
          if (!there.subarray(at, at + width).equals(due.subarray(at, at + width)))
            await differing.add(row + at / width);
      row += due.length / width;
      onProgress({ what: 'rows', done: row, total: rows });
    }
  } catch (error) {
    // Its checkpoints were whole a moment ago.
    if (!(error instanceof ShardIncompleteError)) throw error;
    const problem = error.message.replace(`${place.out}/`, '');
    findings.fault({ check: 'checkpoints', path: place.shard(error.shard), problem, remedy: 'repair' });
  } finally {
    await file.close();
  }
  findings.sum(
    'rows',
    `rows: ${counted(rows, 'row')} as the checkpoints have them, byte for byte, in input order`,
  );
  return differing;
}

async function compareIds(
  ids: readonly string[],
  names: RowNames,
  fault: (problem: string, place?: string) => null,
): Promise<void> {
  const all = await names.index.allIds();
  for (const [row, id] of ids.entries()) {
    const due = all[names.ordinalOf(row)];
    if (id === due) continue;
    fault(`its ID is ${JSON.stringify(id)}, but the sequence there is ${JSON.stringify(due)}`, `row ${row}`);
  }
}
