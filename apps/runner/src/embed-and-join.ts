import { isThere, removeDurably, writeFileDurably } from '@holdfast/durable';
import { type Shard, shardsOf } from '@holdfast/plan';
import {
  type FoundQuarantined,
  findQuarantined,
  isSetAside,
  leavesOut,
  type ResultRecord,
  ShardIncompleteError,
  settingsFacts,
  standing,
} from '@holdfast/run-folder';
import { embedShards } from './coordinate/embed-shards.js';
import { notComputed } from './coordinate/not-computed.js';
import { retryQuarantined } from './coordinate/retry-quarantined.js';
import { openManifest } from './coordinate/run-manifest.js';
import { copyPlace } from './embed-options.js';
import { DiskPause } from './full-disk/disk-pause.js';
import { assemble } from './result/assemble.js';
import { leftOut } from './result/left-out.js';
import type { Prepared } from './run/asked-run.js';
import { checkDisks, disksOf, needOf } from './run/disks.js';
import { RunHistory } from './run/history.js';
import type { Findings } from './run/plan-warnings.js';
import { plannedFacts } from './run/planned-facts.js';
import type { Request } from './run/request.js';

/** How often a shard is repaired if its files turn out to be damaged while the result is joined. */
const REPAIRS = 3;

/**
 * From a plan to the joined result: embeds what is missing, reattempts what was set aside, and joins.
 *
 * @throws RunFailedError if some shards could not be completed; StoppedError.
 */
export async function embedAndJoin(
  request: Request,
  run: Prepared,
  findings: Findings,
): Promise<ResultRecord> {
  const { place, options, model, devices, heartbeat, report, stop } = request;
  const { record, index, finished } = run;
  const { signal } = stop;
  const shards = await shardsOf(index, record.shards);
  const pause = new DiskPause(place.out, report, signal, options.onFullDisk !== 'stop');
  const manifest = await openManifest(place, shards.length, { report, pause });
  const state = await manifest.load();
  const computed = shards.every(({ shard }) => state.shards[shard]!.status === 'complete');
  // A reattempt that was cut off must be finished: it may have changed the checkpoints.
  const untouched = finished !== undefined && !isThere(place.retry);
  const keepResult = (why: string): ResultRecord => {
    const message = `${why}, so the quarantined sequences are not reattempted; the result stays as it is`;
    report({ type: 'warning', message });
    return finished!;
  };
  if (untouched && !computed) return keepResult(`${place.checkpoints} no longer holds all rows`);
  if (options.joinOnly && !computed) throw await notComputed(place, state.shards);
  // Joining needs no device.
  const choose = () => devices.use(record, place, (write) => pause.during(write, 0));
  let used = computed ? null : await choose();
  const use = async () => {
    if (used === null) {
      used = await choose();
      await history.computes(used);
    }
    return used;
  };
  const done = standing(shards, state);
  const need = await needOf(options, { model, index, shards, done, folder: place.index });
  if (finished === undefined)
    checkDisks(await disksOf(place, need, { copy: copyPlace(options) }), options, report);
  const history = await RunHistory.begin(request, record, used);
  await using _end = { [Symbol.asyncDispose]: () => history.end() };
  heartbeat.planned(record.fingerprint, shards, done);
  for (const message of leftOut(model, index.summary)) report({ type: 'warning', message });
  report({
    type: 'planned',
    resumed: run.resumed,
    ...plannedFacts({ model, index, record, shards, done, used }),
  });
  const { fingerprint } = record;
  const { dim } = model;
  const { outputs } = record;
  const work = { place, options, index, model, shards, report, stop, manifest, pause };
  const look = (some: readonly Shard[]) =>
    findQuarantined(some, { place, run: fingerprint, index, dim, outputs, signal });
  const refused = async (some: readonly Shard[]) =>
    (await look(some)).quarantined.filter((each) => !isSetAside(each)).length;
  const repairs = new RepairBudget();
  let reattempted = false;
  for (;;) {
    try {
      if (used !== null) await embedShards({ ...used, ...work, refused });
      signal.throwIfAborted();
      let found: FoundQuarantined | undefined;
      if (!reattempted) {
        found = await look(shards);
        if (finished !== undefined) await pause.during(() => writeFileDurably(place.retry, ''), 0);
        const retry = { run: fingerprint, dim, outputs, found, finished: finished !== undefined, use };
        found = await retryQuarantined({ ...work, ...retry });
        reattempted = true;
        if (finished !== undefined && leavesOut(place, finished, [...found.quarantined, ...found.copies])) {
          await removeDurably(place.retry);
          return finished;
        }
      }
      const { format } = options;
      report({ type: 'assembling', file: place.embeddings(format) });
      const inputs = record.inputs.map(({ path }) => path);
      const parts = { place, run: fingerprint, index, shards, model, outputs, format, inputs };
      const settings = settingsFacts(record);
      const provenance = () => history.provenance(used?.record ?? record);
      // On a full disk it begins again: what it has written is removed, which makes room for others.
      const join = () => assemble({ ...parts, settings, provenance, findings, found, signal });
      const result = await pause.during(join, need.result);
      if (isThere(place.retry)) await removeDurably(place.retry);
      return result;
    } catch (error) {
      if (!(error instanceof ShardIncompleteError)) throw error;
      if (untouched && !isThere(place.retry)) return keepResult(error.message);
      repairs.spendOrRethrow(error);
      report({ type: 'repair', shard: error.shard, reason: error.message });
      await manifest.markShardInProgress(error.shard);
      if (options.joinOnly) throw await notComputed(place, (await manifest.load()).shards);
      await use();
    }
  }
}

/** Counts each shard's repairs against the limit. */
class RepairBudget {
  readonly #spent = new Map<number, number>();

  spendOrRethrow(error: ShardIncompleteError): void {
    const spent = this.#spent.get(error.shard) ?? 0;
    if (spent >= REPAIRS) throw error;
    this.#spent.set(error.shard, spent + 1);
  }
}
