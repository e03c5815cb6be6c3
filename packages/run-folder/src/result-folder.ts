import { readFile } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { isThere, removeDurably, writeFileDurably } from '@holdfast/durable';
import { type DeliverOptions, deliverResult } from './deliver-result.js';
import { giveUpOwnership, holdsRun, ownPaths, refuseOthersFiles, takeOwnership } from './folder-ownership.js';
import type { Layout } from './layout.js';
import { takeOutputFolder } from './output-folder.js';
import { parseResult, type ResultRecord } from './records/result-record.js';
import { noteOf } from './run-elsewhere.js';
import { RunFolderError } from './run-folder-error.js';
import { withoutLinks } from './without-links.js';

/** A folder for the result of a run that is kept in another one. */
export interface ResultFolder extends AsyncDisposable {
  place: Layout;
  /** @throws RunFolderError if it holds the result of another run than this one. */
  refuseOther(run: string): Promise<void>;
  /** Gives up the result that is there, if any: from now on nothing vouches for its files. */
  retract(): Promise<void>;
  /** Puts the result there, see `deliverResult`. */
  deliver(record: ResultRecord, options: DeliverOptions): Promise<boolean>;
}

/**
 * Creates the folder for the result if it is missing, locks it until the returned object is disposed of, and marks it.
 *
 * @param work where the run is kept.
 * @throws RunFolderError if it cannot be written to, holds a run or somebody else's files, or lies in the other; BusyError.
 */
export async function takeResultFolder(
  place: Layout,
  work: Layout,
  inputs: readonly string[],
): Promise<ResultFolder> {
  refuseNested(place, work);
  const folder = await takeOutputFolder(place);
  const release = async () => {
    // Without a run, nothing will be put here.
    if (!holdsRun(work)) await giveUpOwnership(place).catch(() => undefined);
    await folder[Symbol.asyncDispose]();
  };
  try {
    refuseOwnRun(place, work);
    await takeOwnership(place, inputs);
    const note = noteOf(work);
    if ((await readFile(place.ownership, 'utf8')) !== note) await writeFileDurably(place.ownership, note);
  } catch (error) {
    await release();
    throw error;
  }
  return {
    place,
    retract: () => removeDurably(place.result),
    refuseOther: (run) => refuseOtherResult(place, run),
    deliver: (record, options) => deliverResult(work, place, record, options),
    [Symbol.asyncDispose]: release,
  };
}

/** The checks of {@link takeResultFolder}, which change nothing. @throws RunFolderError. */
export async function refuseResultFolder(
  place: Layout,
  work: Layout,
  inputs: readonly string[],
): Promise<void> {
  refuseNested(place, work);
  if (!isThere(place.out)) return;
  refuseOwnRun(place, work);
  await refuseOthersFiles(place, inputs);
}

function refuseOwnRun(place: Layout, work: Layout): void {
  const run = [place.run, place.checkpoints, place.index].find(isThere);
  if (run !== undefined)
    throw new RunFolderError(
      `${place.out} holds a run of its own (${run}), so no result of a run in ${work.out} is put there; leave --work out to resume it, or use another --out`,
    );
}

/** @throws RunFolderError if the folder holds the result of another run than this one. */
export async function refuseOtherResult({ result, out }: Layout, run: string): Promise<void> {
  const found = await readFile(result, 'utf8')
    .then(parseResult)
    .catch(() => null);
  if (found !== null && found.run !== run)
    throw new RunFolderError(
      `${out} holds the result of another run (${found.run.slice(0, 12)}…), which would be replaced; use another --out, move that result away, or add --force-restart to start over and replace it`,
    );
}

/** Refuses one folder in what the other one's run writes and removes. */
function refuseNested(place: Layout, work: Layout): void {
  const out = withoutLinks(place.out);
  const kept = withoutLinks(work.out);
  if (out === kept)
    throw new RunFolderError(
      `--work and --out are the same folder, ${place.out}; leave --work out, or name another folder`,
    );
  for (const [inner, folder, taken] of [
    [out, kept, work],
    [kept, out, place],
  ] as const) {
    const own = ownPaths(taken).find((path) => {
      const real = join(folder, basename(path));
      return inner === real || inner.startsWith(real + sep);
    });
    if (own !== undefined)
      throw new RunFolderError(
        `${inner === out ? place.out : work.out} lies in ${own}, which a run itself writes and removes; use another ${inner === out ? '--out' : '--work'}`,
      );
  }
}
