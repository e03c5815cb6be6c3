import { type FileHandle, open } from 'node:fs/promises';
import { counted, grouped } from '@holdfast/options';
import { resultRows, ShardIncompleteError } from '@holdfast/run-folder';
import type { Context, KnownRun } from '../context.js';
import type { Findings } from '../findings.js';
import { DifferingRows } from './differing-rows.js';
import type { missingRows } from './missing-rows.js';
import type { FoundResult } from './result.js';
import type { RowNames } from './row-names.js';
import { rowPlace } from './row-place.js';
import { RowsOfResult } from './rows-of-result.js';

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
  { record: { fingerprint: run }, index, shards, dim }: ProvenRun,
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
  if (record.dim !== dim || record.sequences !== rows || (record.quarantined ?? 0) !== quarantined)
    findings.fault({
      check: 'result',
      path: place.result,
      problem: `it says ${grouped(record.sequences)} rows of ${record.dim} numbers and ${record.quarantined ?? 0} quarantined, but the checkpoints have ${grouped(rows)} of ${dim} and ${quarantined}`,
      remedy: 'repair',
    });
  const head = await rowPlace(format, path);
  if (typeof head === 'string') return fault(head);
  if (head.shape[0] !== rows || head.shape[1] !== dim)
    return fault(`its shape is [${head.shape.join(', ')}], but the checkpoints have [${rows}, ${dim}]`);
  if (head.ids !== null) await compareIds(head.ids, names, fault);
  const differing = new DifferingRows(names, findings, path);
  const width = dim * Float32Array.BYTES_PER_ELEMENT;
  let row = 0;
  const file = await open(path, 'r');
  try {
    let buffer = Buffer.alloc(0);
    const copied = async () => new RowsOfResult(file.fd, head.offset, names);
    for await (const part of resultRows({ place, run, index, shards, dim, found, copied })) {
      signal.throwIfAborted();
      const due = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
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

/** Reads as much as there is. @returns bytes read. */
async function readAt(file: FileHandle, bytes: Buffer, position: number): Promise<number> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}
