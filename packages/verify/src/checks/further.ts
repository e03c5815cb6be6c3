import { open } from 'node:fs/promises';
import { isThere, readAt } from '@holdfast/durable';
import { counted } from '@holdfast/options';
import { furtherFiles, ShardIncompleteError, settingsFacts } from '@holdfast/run-folder';
import type { Context } from '../context.js';
import type { Findings } from '../findings.js';
import type { missingRows } from './missing-rows.js';
import type { FoundResult } from './result.js';
import type { ProvenRun } from './rows.js';
import { scratchRows } from './scratch-rows.js';

/**
 * Compares what was computed beside the embeddings with the checkpoints, byte for byte: makes each file again, as a run does, and
 * writes it nowhere.
 */
export async function checkFurther(
  context: Context,
  { record, index, shards, dim }: ProvenRun,
  { record: result, format }: FoundResult,
  found: Awaited<ReturnType<typeof missingRows>>,
  findings: Findings,
): Promise<void> {
  const { place, signal } = context;
  const { outputs, fingerprint: run, model } = record;
  if (JSON.stringify(outputs) !== JSON.stringify(result.outputs))
    findings.fault({
      check: 'outputs',
      path: place.result,
      problem: 'it lists other outputs than run.json',
      remedy: 'repair',
    });
  if (outputs === undefined) return;
  const missing = new Set([...found.quarantined, ...found.copies].map(({ ordinal }) => ordinal));
  const copied = () => scratchRows(index);
  const facts = {
    model: model.name,
    model_sha256: model.fingerprint,
    row_ids: 'ids.txt',
    ...settingsFacts(record),
  };
  const of = { place, run, index, shards, dim, outputs, format, found, missing, copied, facts, signal };
  let files = 0;
  try {
    for await (const { file, write } of furtherFiles(of)) {
      files++;
      const path = place.output(file);
      // A missing file is named where the result's files are.
      if (!isThere(path)) continue;
      const at = await firstDifference(path, write);
      if (at !== null)
        findings.fault({
          check: 'outputs',
          path,
          place: `from byte ${at} on`,
          problem: 'these are not the bytes that the checkpoints give',
          remedy: 'repair',
        });
    }
  } catch (error) {
    if (!(error instanceof ShardIncompleteError)) throw error;
    const problem = error.message.replace(`${place.out}/`, '');
    findings.fault({ check: 'checkpoints', path: place.shard(error.shard), problem, remedy: 'repair' });
  }
  findings.sum(
    'outputs',
    `more_outputs/: ${counted(files, 'file')}, as the checkpoints give them, byte for byte`,
  );
}

type Write = (sink: { write(bytes: Uint8Array): Promise<void> }) => Promise<void>;

/** The first byte in which a file differs from what is written, or where the shorter of both ends; null if they are the same. */
async function firstDifference(path: string, write: Write): Promise<number | null> {
  const file = await open(path, 'r');
  let at = 0;
  let first: number | null = null;
  try {
    await write({
      async write(due) {
        if (first === null) {
          const there = Buffer.alloc(due.length);
          const read = await readAt(file, there, at);
          const same = read === due.length && there.equals(due);
          if (!same) first = at + due.findIndex((byte, i) => i >= read || byte !== there[i]);
        }
        at += due.length;
      },
    });
    return first ?? ((await file.stat()).size > at ? at : null);
  } finally {
    await file.close();
  }
}
