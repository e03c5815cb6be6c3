import { readFile } from 'node:fs/promises';
import { isThere } from '@holdfast/durable';
import { FileLock, LockTimeoutError } from '@holdfast/file-lock';
import {
  BusyError,
  holdsRun,
  keepWorkersOut,
  type Layout,
  layout,
  oldWorkersLimit,
  RunFolderError,
  runElsewhere,
  takeOutputFolder,
} from '@holdfast/run-folder';
import { isAtWork } from './at-work.js';
import type { Context, VerifyProgress } from './context.js';
import { Findings } from './findings.js';
import { type Looked, lookAtRun, noRun } from './look.js';
import { Writer } from './look-again.js';
import { lookAtCopy } from './look-at-copy.js';
import { withRemedy } from './remedy.js';
import { type RepairReport, repair } from './repair.js';
import type { Report } from './report.js';

export interface VerifyOptions {
  /** The output folder of a run. */
  folder: string;
  /** Look only at sizes, markers and small records. Default false. */
  quick?: boolean;
  /** Move aside what is damaged. Takes the folder's lock. Default false: no lock is taken, and nothing is written. */
  repair?: boolean;
  signal: AbortSignal;
  onProgress?(progress: VerifyProgress): void;
  /** Called with a sentence when something is waited for. */
  onWaiting?(text: string): void;
}

/** How often a run that was replaced meanwhile is looked at from the beginning. */
const TRIES = 3;
/** Milliseconds that the workers of a killed command get to save and exit, as `embed` grants by default. */
const GRACE = 30_000;

/**
 * Proves what a run left in its folder: every byte that counts, without the model and without the input. A run may be at work there.
 *
 * @throws RunFolderError if the folder holds no run, or cannot be written to for `repair`; BusyError if a run is at work there and
 * `repair` is asked for; the signal's reason; errors of the file system, which say nothing about the run.
 */
export async function verify(options: VerifyOptions): Promise<Report> {
  const { folder, quick = false, signal, onProgress = () => undefined } = options;
  const place = layout(folder);
  if (!isThere(place.out)) throw new RunFolderError(`${folder}: no such folder; give the --out of a run`);
  if (!holdsRun(place)) throw noRun(folder);
  const elsewhere = isThere(place.run) ? null : runElsewhere(place);
  const context: Context = { place, quick, signal, onProgress };
  if (elsewhere !== null) return verifyCopy(context, elsewhere, options);
  if (options.repair !== true) {
    const writer = new Writer(() => isAtWork(place));
    const { findings, looked } = await steadyLook(context, writer);
    return report(options, findings, looked, { writer, repaired: null });
  }
  await using _lock = await takeOutputFolder(place);
  await using _workers = await withoutWorkers(place, options);
  const writer = new Writer(() => false);
  const { findings, looked } = await steadyLook(context, writer);
  const repaired = await repair(place, looked, findings);
  return report(options, findings, looked, { writer, repaired });
}

/**
 * Waits until no worker can write, and keeps new ones out until the lock is released. Tasks are not waited for: they may work for
 * days.
 *
 * @throws BusyError; the signal's reason.
 */
async function withoutWorkers(place: Layout, { onWaiting, signal }: VerifyOptions): Promise<FileLock> {
  if (isThere(place.work))
    try {
      return await FileLock.acquire(place.workersLock, { timeoutMs: 0 });
    } catch (cause) {
      if (!(cause instanceof LockTimeoutError)) throw cause;
      throw new BusyError(
        `${place.out}: tasks of this run are at work, and --repair would be in their way; wait until they have ended, or end them with holdfast cancel, then type this again`,
        { cause },
      );
    }
  return keepWorkersOut(place, {
    limitMs: oldWorkersLimit(GRACE),
    report: (notice) => onWaiting?.('reason' in notice ? notice.reason : notice.message),
    signal,
  });
}

/** Proves the copy of a result whose run is kept elsewhere. @throws RunFolderError if it is to be repaired. */
async function verifyCopy(context: Context, work: string, options: VerifyOptions): Promise<Report> {
  const { folder } = options;
  if (options.repair)
    throw new RunFolderError(
      `${folder} has a copy of the result of the run in ${work}: to mend the copy, rerun the holdfast embed command that made it; to repair the run, give ${work}`,
    );
  const findings = new Findings(context.place.out);
  const looked = await lookAtCopy(context, work, findings);
  const writer = new Writer(() => false);
  const found = report(options, findings, looked, { writer, repaired: null });
  return {
    ...found,
    run: looked.result?.record.run ?? null,
    state: looked.result === null ? 'unfinished' : 'complete',
    faults: findings.faults.map((fault) => withRemedy({ ...fault, remedy: 'rerun' }, folder)),
  };
}

/** Looks at a run, and once more if it was replaced by another one meanwhile. */
async function steadyLook(context: Context, writer: Writer): Promise<{ findings: Findings; looked: Looked }> {
  for (let tries = 1; ; tries++) {
    const findings = new Findings(context.place.out);
    writer.mayWrite();
    const looked = await lookAtRun(context, findings, writer);
    const moved = findings.count() > 0 && writer.mayWrite() && (await isReplaced(context.place, looked));
    if (!moved || tries === TRIES) return { findings, looked };
  }
}

/** Whether `run.json` is that of another run or another index by now. */
async function isReplaced({ run: path }: Layout, { run }: Looked): Promise<boolean> {
  try {
    const { fingerprint, index } = JSON.parse(await readFile(path, 'utf8'));
    return fingerprint !== run?.record.fingerprint || index !== run?.record.index;
  } catch {
    return run !== null;
  }
}

function report(
  { folder, quick = false, ...options }: VerifyOptions,
  findings: Findings,
  { run, standings, result }: Looked,
  { writer, repaired }: { writer: Writer; repaired: RepairReport | null },
): Report {
  const planned = run !== null && run.shards.length > 0;
  const done = standings.reduce(
    (sum, { covered, plan }) => sum + (plan === null ? 0 : covered - plan.firstPosition),
    0,
  );
  const mended = repaired !== null && repaired.left.length === 0;
  const sequences = planned ? run.shards.at(-1)!.endPosition : null;
  return {
    format: 1,
    folder,
    run: run?.record.fingerprint ?? null,
    state: run === null ? 'unknown' : result !== null && !repaired?.join ? 'complete' : 'unfinished',
    at_work: options.repair ? false : writer.seen || isAtWork(layout(folder)),
    quick,
    ok: findings.count() === 0 || mended,
    sequences,
    sequences_done: quick || sequences === null ? null : done,
    checks: findings.outcomes,
    fault_counts: findings.counts,
    faults: findings.faults.map((fault) => withRemedy(fault, folder)),
    notes: findings.notes,
    not_looked_at: findings.unseen,
    repair: repaired,
  };
}
