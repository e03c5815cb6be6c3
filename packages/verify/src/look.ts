import { relative } from 'node:path';
import { isThere } from '@holdfast/durable';
import { IndexError, shardsOf } from '@holdfast/plan';
import { type Layout, RunFolderError, type RunRecord, rowWidth, shardFolders } from '@holdfast/run-folder';
import { checkCheckpoints } from './checks/checkpoints.js';
import type { DifferingRows } from './checks/differing-rows.js';
import { checkFurther } from './checks/further.js';
import { checkIndex } from './checks/index.js';
import { checkManifest } from './checks/manifest.js';
import { missingRows } from './checks/missing-rows.js';
import { checkRecord } from './checks/record.js';
import { checkResultFiles, checkResultRecord, type FoundResult } from './checks/result.js';
import { RowNames } from './checks/row-names.js';
import { checkRows, type ProvenRun } from './checks/rows.js';
import { checkSequences } from './checks/sequences.js';
import { checkSmallFiles } from './checks/small-files.js';
import { noteOthers } from './checks/strangers.js';
import { checkTexts } from './checks/texts.js';
import type { Context, KnownRun } from './context.js';
import { dimension } from './dimension.js';
import { Findings } from './findings.js';
import { foreignWitness } from './foreign-witness.js';
import { lookAgain, type Writer } from './look-again.js';
import type { ShardStanding } from './shard-standing.js';

/** What was found of a run. */
export interface Looked {
  /** Null if nothing says which run the folder holds. */
  run: KnownRun | null;
  /** Whether `run.json` itself is whole. */
  recorded: boolean;
  standings: ShardStanding[];
  result: FoundResult | null;
}

/** Looks at all that a run left: record, index, checkpoints, manifest, result. */
export async function lookAtRun(context: Context, findings: Findings, writer: Writer): Promise<Looked> {
  const { place, signal } = context;
  const again = { writer, signal };
  await noteOthers(context, findings);
  if (context.quick)
    findings.unseen.push(
      'quick: the bytes of the index, the checkpoints and the result; the rows and IDs against each other; why sequences have no row',
    );
  const known = await lookAgain(findings, again, (found) => checkRecord(place, found));
  if (known === null) {
    if (findings.count() > 0 && (await isUnplanned(place))) throw noRun(place.out);
    findings.unseen.push('everything else: nothing says which run this is');
    return { run: null, recorded: false, standings: [], result: null };
  }
  const { record, whole: recorded } = known;
  const result = await lookAgain(findings, again, (found) =>
    checkResultRecord(context, record.fingerprint, found),
  );
  const index = await lookAgain(findings, again, (found) => checkIndex(context, record, found));
  try {
    const { outputs } = record;
    const named = outputs === undefined ? result?.record.dim : rowWidth(outputs);
    const dim = await dimension(place, record.fingerprint, named ?? null);
    const shards = index === null ? [] : await shardsOf(index, record.shards);
    const run: KnownRun = { record, index, shards, result: result?.record ?? null, dim };
    const standings = await checkCheckpoints(context, run, findings, writer);
    // The manifest is read behind the checkpoints: it then has at least those that were seen.
    const lost = await lookAgain(findings, again, (found) => {
      const live = writer.seen;
      const complete = result !== null && !live && !isThere(place.retry);
      const due = { standings, complete, live, shards: index === null ? null : shards.length };
      return checkManifest(context, due, found);
    });
    for (const standing of standings) {
      const first = lost.get(standing.shard);
      if (first !== undefined) standing.wrong = Math.min(standing.wrong ?? first, first);
    }
    if (standings.every(({ found }) => found.length === 0)) await refuseForeign(context, record, findings);
    if (result !== null) await lookAtResult(context, { run, standings, result }, findings, writer);
    await lookAgain(findings, again, (found) => checkSmallFiles(context, record.fingerprint, result, found));
    return { run, recorded, standings, result };
  } catch (error) {
    if (!(error instanceof IndexError) || error.code === 'index_unreadable') throw error;
    const problem = `it changed while it was read: ${error.message.replace(`${error.path}: `, '')}`;
    findings.fault({ check: 'index', path: error.path, problem, remedy: 'repair' });
    return { run: null, recorded, standings: [], result };
  } finally {
    await index?.close();
  }
}

/** The error for a folder without a run. */
export const noRun = (out: string): RunFolderError =>
  new RunFolderError(`${out} holds no run: there is nothing to verify; give the --out of a run`);

/** Whether there is no record, and nothing that one would belong to: the run was stopped before it was planned, or never was. */
async function isUnplanned(place: Layout): Promise<boolean> {
  return !isThere(place.run) && !isThere(place.result) && (await shardFolders(place)).length === 0;
}

/** Names a record that was copied over another run's work: the record is at fault, not the checkpoints. */
async function refuseForeign({ place }: Context, record: RunRecord, findings: Findings): Promise<void> {
  const witness = await foreignWitness(place, record.fingerprint);
  if (witness === null) return;
  const problem = `it is of run ${record.fingerprint.slice(0, 12)}…, but ${relative(place.out, witness.from)} of run ${witness.run.slice(0, 12)}…`;
  findings.fault({ check: 'run', path: place.run, problem, remedy: 'restore' });
}

/** Compares the result with `result.json`, and unless something is in the way, with checkpoints and index. */
async function lookAtResult(
  context: Context,
  { run, standings, result }: { run: KnownRun; standings: readonly ShardStanding[]; result: FoundResult },
  findings: Findings,
  writer: Writer,
): Promise<void> {
  const { place, quick, signal } = context;
  if (isThere(place.retry)) {
    findings.sum('result', 'the result: being joined again', 'unchecked');
    findings.unseen.push(
      'the result: quarantined sequences were being tried again (.holdfast-retry); the next run joins it again',
    );
    return;
  }
  const again = { writer, signal };
  await lookAgain(findings, again, async (found) => {
    // A run at work may have joined it again since.
    const now = await checkResultRecord(context, run.record.fingerprint, new Findings(place.out));
    await checkResultFiles(context, now ?? result, found);
  });
  if (quick) return;
  const whole = standings.every(({ wrong, done }) => wrong === null && done);
  if (!isProven(run) || !whole) {
    const why = run.index === null ? 'the index is' : 'checkpoints are';
    findings.unseen.push(`the rows and IDs of the result against the checkpoints: ${why} damaged or missing`);
    return;
  }
  const found = await missingRows(standings, run.index);
  const names = new RowNames(
    run.index,
    standings,
    [...found.quarantined, ...found.copies].map(({ ordinal }) => ordinal),
  );
  if (isThere(place.embeddings(result.format))) {
    const differing = await lookAgain(findings, again, (faults) =>
      checkRows(context, run, result, found, names, faults),
    );
    // The result is as result.json says, and the checkpoints are as their sums say: one of both was made to fit.
    if (differing !== null && findings.count('result') === 0) distrust(standings, differing, findings);
  }
  await lookAgain(findings, again, (faults) => checkFurther(context, run, result, found, faults));
  await lookAgain(findings, again, (faults) => checkSequences(context, run, result, found, faults));
  await lookAgain(findings, again, (faults) => checkTexts(context, run, found, faults));
}

/** Has rows on which result and checkpoints disagree computed again. */
function distrust(
  standings: readonly ShardStanding[],
  { first, everywhere }: DifferingRows,
  findings: Findings,
): void {
  if (everywhere || first.size > 0)
    findings.notes.push(
      'result and checkpoints disagree, and both fit their checksums: nothing says which is right, so --repair has these rows computed again',
    );
  for (const standing of standings) {
    const number = everywhere ? 0 : first.get(standing.shard);
    if (number === undefined) continue;
    standing.wrong = number;
    standing.covered = standing.found[number]?.first ?? standing.plan!.firstPosition;
  }
}

const isProven = (run: KnownRun): run is ProvenRun => run.index !== null && run.dim !== null;
