import { basename, join } from 'node:path';
import { counted, grouped } from '@holdfast/options';
import {
  IndexError,
  indexFaults,
  openIndex,
  readSummary,
  repeatedIds,
  type SequenceIndex,
} from '@holdfast/plan';
import type { RunRecord } from '@holdfast/run-folder';
import type { Context } from '../context.js';
import type { Findings } from '../findings.js';

/**
 * Checks `index/`: the summary against `run.json`, every file against the summary, every ID once.
 *
 * @returns the index, open; null if anything in it is damaged.
 */
export async function checkIndex(
  context: Context,
  record: RunRecord,
  findings: Findings,
): Promise<SequenceIndex | null> {
  let index: SequenceIndex | null = null;
  try {
    index = await lookAt(context, record, findings);
    return findings.count('index') === 0 ? index : null;
  } catch (error) {
    if (!(error instanceof IndexError) || error.code === 'index_unreadable') throw error;
    if (error.code === 'index_format' && record.index === undefined) {
      // Before format 2 no run vouched for its index.
      findings.unseen.push(
        `index/ is of an earlier version (${error.message}), so nothing is compared with it`,
      );
      findings.sum('index', 'index/: not read', 'unchecked');
      return null;
    }
    const problem = error.message.replace(`${error.path}: `, '');
    findings.fault({ check: 'index', path: error.path, problem, remedy: 'repair' });
    return null;
  } finally {
    if (findings.count('index') > 0) {
      await index?.close();
      findings.sum('index', 'index/: damaged; the next run makes it again from the input', 'faulty');
    }
  }
}

async function lookAt(
  context: Context,
  record: RunRecord,
  findings: Findings,
): Promise<SequenceIndex | null> {
  const { place, quick, signal, onProgress } = context;
  const fault = (path: string, problem: string, where?: string) =>
    findings.fault({ check: 'index', path, problem, remedy: 'repair', ...(where && { place: where }) });
  const { summary, digest } = await readSummary(place.index);
  const path = join(place.index, 'summary.json');
  if (record.index !== undefined && digest !== record.index) {
    fault(path, 'its SHA-256 is not the one in run.json');
    // Sums of a summary that nothing vouches for would only repeat that.
    return null;
  }
  if (record.index !== undefined && summary.run?.fingerprint !== record.fingerprint) {
    fault(path, 'it belongs to another run');
    return null;
  }
  const sums = (inputs: RunRecord['inputs']) => inputs.map(({ sha256 }) => sha256).join();
  if (sums(summary.inputs) !== sums(record.inputs))
    fault(path, 'it was made from another input than the run');
  if (!quick) {
    let done = 0;
    // IDs and the sums of blocks add little.
    const total = summary.residues + 20 * summary.sequences;
    const onBytes = (bytes: number) => {
      done += bytes;
      onProgress({ what: 'the index', done: Math.min(done, total), total });
    };
    for (const { path, place: where, problem } of await indexFaults(place.index, summary, signal, onBytes))
      fault(path, problem, where);
    if (findings.count('index') > 0) return null;
  }
  const unsummed = record.index === undefined;
  if (unsummed)
    findings.unseen.push(
      'index/ is of an earlier version: run.json does not vouch for it, and its summary.json has no checksum',
    );
  const index = await openIndex(place.index, undefined, { unsummed });
  try {
    await eachIdOnce(context, index, findings);
  } catch (error) {
    await index.close();
    throw error;
  }
  return index;
}

async function eachIdOnce({ place, quick, signal }: Context, index: SequenceIndex, findings: Findings) {
  const files = Object.keys(index.summary.files).length + 1;
  const { sequences, batches } = index.summary;
  const has = `${counted(sequences, 'sequence')} in ${counted(batches, 'batch').replace('batchs', 'batches')}`;
  if (quick) {
    findings.sum('index', `index/: ${files} files of the right size, ${has}`);
    return;
  }
  const { repeated, distinct } = await repeatedIds(place.index, index, signal);
  const path = join(place.index, 'ids.txt');
  for (const { id, first, again } of repeated)
    findings.fault({
      check: 'index',
      path,
      place: `line ${again + 1}`,
      problem: `the ID ${JSON.stringify(id)} is also that of line ${first + 1}`,
      remedy: 'repair',
    });
  if (distinct + repeated.length !== sequences)
    findings.fault({
      check: 'index',
      path,
      problem: `${basename(path)} has ${grouped(distinct + repeated.length)} IDs for ${grouped(sequences)} sequences`,
      remedy: 'repair',
    });
  findings.sum('index', `index/: ${files} files as they were written, ${has}, each ID once`);
}
