import type { Facts } from '../facts.js';
import { type Holder, holderIn } from './holder.js';

/** Whether a command works in the folder, and by what that is known. */
export interface Liveness {
  /** Null: its locks cannot be seen from here, and its last sign of life is old. */
  alive: boolean | null;
  by: 'lock' | 'process' | 'sign_of_life';
  /** The command that works there, or did last. */
  holder: Holder | null;
  /** When it took the folder, and when it last wrote anything; milliseconds since 1970. */
  since: number | null;
  seen: number | null;
}

/** Milliseconds after the last sign of life in which a command counts as alive if nothing better is known. */
const LIVELY = 30_000;

type LivenessFacts = Pick<
  Facts,
  'now' | 'host' | 'lock' | 'local' | 'holderLives' | 'heartbeat' | 'manifest' | 'logs' | 'cluster'
>;

/** Judges by the kernel's lock where it can be seen, else by signs of life. */
export function liveness(facts: LivenessFacts): Liveness {
  const { now, host, lock, local, holderLives, heartbeat } = facts;
  const holder = holderIn(lock.holder) ?? (heartbeat && { pid: heartbeat.pid, host: heartbeat.host });
  const seen = lastSeen(facts);
  const known = { holder, since: lock.since, seen };
  if (lock.state === 'held') return { alive: true, by: 'lock', ...known };
  // A lock of this machine, or of a disk that no other machine has, would be seen.
  const visible = local || holder?.host === host;
  if ((lock.state === 'free' || lock.state === 'missing') && visible)
    return { alive: false, by: 'lock', ...known };
  if (holderLives === false) return { alive: false, by: 'process', ...known };
  if (heartbeat?.ended) return { alive: false, by: 'sign_of_life', ...known };
  if (seen !== null && now - seen <= LIVELY) return { alive: true, by: 'sign_of_life', ...known };
  return { alive: null, by: 'sign_of_life', ...known };
}

/** What a run writes as it works; the time of the lock file is that of its beginning. */
function lastSeen({ heartbeat, manifest, logs, lock, cluster }: LivenessFacts): number | null {
  const times = [
    heartbeat && Date.parse(heartbeat.at),
    // The tasks of a run on several machines write it without a command.
    manifest.is === 'read' && cluster === null ? Date.parse(manifest.updated) : null,
    logs.written,
    lock.since,
  ].filter((time): time is number => time !== null && Number.isFinite(time));
  return times.length === 0 ? null : Math.max(...times);
}
