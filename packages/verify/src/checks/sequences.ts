import { basename } from 'node:path';
import { counted, grouped } from '@holdfast/options';
import { SEQUENCE_COLUMNS, sequenceTable } from '@holdfast/run-folder';
import type { Context } from '../context.js';
import type { Findings } from '../findings.js';
import type { missingRows } from './missing-rows.js';
import type { FoundResult } from './result.js';
import type { ProvenRun } from './rows.js';
import { firstDifference, shown } from './text-file.js';

/**
 * Compares `sequences.tsv` with the index and the plan, line by line. How many tokens a sequence has, and whether it is
 * truncated, only the model says: of these columns the sums are compared with the plan's.
 */
export async function checkSequences(
  { place, signal }: Context,
  { record: { inputs }, index, shards }: ProvenRun,
  { record: { files } }: FoundResult,
  missing: Awaited<ReturnType<typeof missingRows>>,
  findings: Findings,
): Promise<void> {
  if (!files.some(({ file }) => file === basename(place.sequences)))
    return findings.sum('sequences', 'no sequences.tsv: an earlier version joined the result', 'absent');
  if (!index.described) {
    findings.sum('sequences', 'sequences.tsv: not compared', 'unchecked');
    findings.unseen.push('sequences.tsv: the index has no descriptions, since an earlier version made it');
    return;
  }
  const left = new Set([...missing.quarantined, ...missing.copies].map(({ ordinal }) => ordinal));
  const columns = new LengthColumns();
  const ofLength = () => ({ tokens: null, truncated: null });
  const table = { index, inputs: inputs.map(({ path }) => path), shards, missing: left, ofLength };
  const difference = await firstDifference(place.sequences, sequenceTable(table), signal, columns.take);
  const fault = (problem: string, where?: string) =>
    findings.fault({
      check: 'sequences',
      path: place.sequences,
      problem,
      remedy: 'repair',
      ...(where && { place: where }),
    });
  // A missing file is named where the result's files are.
  if (difference === undefined) return;
  const { tokens, truncated } = index.summary;
  if (difference !== null) {
    const { line, found, due } = difference;
    const has = found === null ? 'it ends' : `it has ${shown(found)}`;
    const wanted = due === null ? 'the sequences end there' : `the run has ${shown(due)} there`;
    fault(`${has}, but ${wanted}`, `line ${line + 1}`);
  } else if (columns.known && (columns.tokens !== tokens || columns.truncated !== truncated))
    fault(
      `it has ${grouped(columns.tokens)} tokens and ${grouped(columns.truncated)} truncated sequences, but the plan has ${grouped(tokens)} and ${grouped(truncated)}`,
    );
  findings.sum(
    'sequences',
    `sequences.tsv: ${counted(index.sequences, 'sequence')}, as the index and the plan have them`,
  );
}

const TAB = 0x09;
const TOKENS = SEQUENCE_COLUMNS.indexOf('tokens');
const DUPLICATE_OF = SEQUENCE_COLUMNS.indexOf('duplicate_of');

/** Takes the columns out that the model decides on, and adds them up. */
class LengthColumns {
  /** Of distinct sequences. */
  tokens = 0;
  truncated = 0;
  /** Whether every line has them. */
  known = true;

  take = (line: Uint8Array): Uint8Array => {
    const [from, middle, to, next] = tabs(line, TOKENS, DUPLICATE_OF + 1);
    if (from === undefined || middle === undefined || to === undefined || next === undefined) return line;
    const text = (start: number, end: number) =>
      Buffer.from(line.subarray(start + 1, end)).toString('latin1');
    const [tokens, truncated] = [text(from, middle), text(middle, to)];
    // The header, or what no run writes.
    if (!/^\d*$/.test(tokens) || !/^(yes|no)?$/.test(truncated)) return line;
    if (tokens === '' || truncated === '') this.known = false;
    if (next === to + 1) this.tokens += Number(tokens);
    if (truncated === 'yes') this.truncated++;
    return Buffer.concat([line.subarray(0, from + 1), line.subarray(middle, middle + 1), line.subarray(to)]);
  };
}

/** The places of the tabs in front of these columns. */
function tabs(line: Uint8Array, first: number, last: number): number[] {
  const found: number[] = [];
  let at = -1;
  for (let column = 1; column <= last; column++) {
    at = line.indexOf(TAB, at + 1);
    if (at < 0) break;
    if (column >= first) found.push(at);
  }
  return found;
}
