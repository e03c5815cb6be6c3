import { join } from 'node:path';
import type { Facts } from '../facts.js';
import type { Heartbeat } from '../heartbeat.js';
import type { CommandStatus, FailureStatus, QuarantineStatus, Status, TaskStatus } from '../status.js';
import { WorkerStates } from '../worker-states.js';
import { countShards, type ShardStatus, sum } from './count-shards.js';
import { judgeTasks, secondsLeft, shardsAtWork, speedOf, working } from './judge-tasks.js';
import { type Liveness, liveness } from './liveness.js';
import { type LogFindings, logFindings, quarantinedIn } from './log-findings.js';
import { nextStep } from './next-step.js';
import { notesOf } from './notes.js';
import { stateOf } from './state-of.js';

/** Milliseconds after which a heartbeat is too old to describe the present. A command writes one every 5 s. */
const FRESH = 30_000;

/** How many incidents and quarantined sequences to list. */
const LISTED = 10;

/** Judges how a run stands. */
export function judge(facts: Facts): Status {
  const { dir, now, glance, manifest, heartbeat, logs } = facts;
  const life = liveness(facts);
  const alive = life.alive === true;
  const records = manifest.is === 'read' ? manifest.shards : [];
  const cluster = judgeTasks(facts);
  const { state, reason } = stateOf({ ...facts, cluster }, alive, records);
  const live = alive && heartbeat !== null && isLive(heartbeat, life, now) ? heartbeat : null;
  const replaced = state === 'planning' || state === 'replacing' || state === 'none';
  const shards = replaced ? [] : countShards(records, facts, live !== null, shardsAtWork(cluster));
  const saved = shards.reduce<string | null>(
    (last, { last_checkpoint_at: at }) => ((at ?? '') > (last ?? '') ? at : last),
    null,
  );
  const found = logFindings(logs.events, facts.cluster === null ? facts.lock.since : facts.cluster.planned);
  const total = replaced || glance.plan === null ? null : glance.plan.sequences - glance.plan.copies;
  const complete = shards.length > 0 && shards.every(({ status }) => status === 'complete');
  // Without a manifest nothing is saved yet; of one that cannot be read nothing is known.
  const counted = manifest.is === 'read' || manifest.is === 'missing';
  const summed = counted ? sum(shards.map((each) => each.sequences_done)) : null;
  const done =
    state === 'complete' || complete ? total : summed === null ? null : Math.min(summed, total ?? summed);
  const known = Math.max(live?.sequences_done ?? 0, sum(shards.map((each) => each.sequences_embedded)));
  const tasks = working(cluster);
  const embedded =
    (live === null && tasks.length === 0) || done === null
      ? done
      : Math.min(Math.max(done, known), total ?? known);
  const status: Omit<Status, 'next'> = {
    format: 1,
    dir,
    at: iso(now)!,
    state,
    reason,
    command: commandOf(facts, life, found),
    phase: live?.phase ?? null,
    doing: live?.doing ?? null,
    input: live?.input ?? null,
    sequences_done: replaced ? null : done,
    sequences_embedded: replaced ? null : embedded,
    embedded_at: live === null ? countedAt(tasks) : live.phase === 'embedding' ? live.at : null,
    sequences_total: total,
    sequences_copies: total === null ? null : glance.plan!.copies,
    tokens_per_second: live?.tokens_per_second ?? speedOf(cluster),
    seconds_left: live?.seconds_left ?? secondsLeft(facts, tasks, shardsLeft(shards)),
    last_checkpoint_at: saved,
    seconds_since_checkpoint:
      saved === null ? null : Math.max(0, Math.round((now - Date.parse(saved)) / 1000)),
    workers: alive ? workersOf(facts, live) : [],
    cluster: replaced ? null : cluster,
    shards,
    failures: failuresOf(found, logs.cut),
    quarantined: quarantineOf(facts, found, state === 'complete'),
    result:
      glance.result.is === 'read' && state === 'complete'
        ? {
            sequences: glance.result.value.sequences,
            dim: glance.result.value.dim,
            files: glance.result.value.files.map(({ file }) => join(dir, file)),
            warnings: glance.result.value.warnings,
          }
        : null,
    notes: notesOf(facts),
  };
  return { ...status, next: nextStep(status, facts) };
}

/** When the task that was silent longest counted what it has embedded; null if none is at a shard. */
function countedAt(tasks: readonly TaskStatus[]): string | null {
  const times = tasks.filter(({ shards }) => shards.length > 0).map(({ last_beat_at: at }) => at);
  return times.sort()[0] ?? null;
}

/** Whether a heartbeat is that of the command that took the folder last. */
const isOf = (beat: Heartbeat, { holder }: Liveness): boolean =>
  holder === null || (holder.pid === beat.pid && holder.host === beat.host);

/** Whether a heartbeat describes the command that works there now. */
const isLive = (beat: Heartbeat, life: Liveness, now: number): boolean =>
  beat.ended === null && isOf(beat, life) && now - Date.parse(beat.at) <= FRESH;

function commandOf(facts: Facts, life: Liveness, { stoppedBy }: LogFindings): CommandStatus | null {
  const { alive, by, holder, since, seen } = life;
  if (!facts.folder.ofRun && alive !== true) return null;
  const { heartbeat } = facts;
  const said = heartbeat !== null && isOf(heartbeat, life) ? (heartbeat.ended?.message ?? null) : null;
  const ended = said ?? (stoppedBy === null ? null : `stopped by ${stoppedBy}`);
  return {
    running: alive,
    known_by: by,
    host: holder?.host ?? null,
    pid: holder?.pid ?? null,
    since: iso(since),
    last_seen_at: iso(seen),
    ended: alive === true ? null : ended,
    workers_alive: facts.cluster === null && facts.workers === 'held',
  };
}

/** From the heartbeat, then the events that the logs have since; without a heartbeat from the logs alone. */
function workersOf({ logs, lock }: Facts, live: Heartbeat | null): Status['workers'] {
  const states = new WorkerStates(live?.workers);
  const known = live === null ? lock.since : Date.parse(live.at);
  for (const event of logs.events)
    if (event.of === undefined && (known === null || Date.parse(event.time) >= known))
      states.heard(event, event.time);
  return states.list();
}

const failuresOf = ({ failures, retries, incidents }: LogFindings, cut: boolean): FailureStatus => ({
  failures,
  retries,
  at_least: cut,
  newest: incidents.slice(-LISTED),
});

/** By the table of a complete result, else by the logs. */
function quarantineOf({ dir, glance, logs }: Facts, found: LogFindings, complete: boolean): QuarantineStatus {
  const all = complete ? quarantinedIn(glance.quarantine) : found.quarantined;
  const kinds: Record<string, number> = {};
  for (const { kind } of all) kinds[kind] = (kinds[kind] ?? 0) + 1;
  return {
    sequences: all.length,
    at_least: !complete && logs.cut,
    kinds,
    first: all.slice(0, LISTED),
    table: complete && all.length > 0 ? join(dir, 'quarantine.tsv') : null,
  };
}

/** In shards: a half of one that is half done. */
const shardsLeft = (shards: readonly ShardStatus[]): number =>
  sum(
    shards.map(({ status, sequences_embedded: done, sequences_total: total }) => {
      if (status === 'complete') return 0;
      return total === null || total === 0 ? 1 : 1 - done / total;
    }),
  );

const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
