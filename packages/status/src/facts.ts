import type { LockLook, LockState } from '@holdfast/file-lock';
import type { Glance } from '@holdfast/run-folder/glance';
import type { Heartbeat } from './heartbeat.js';
import type { ClusterLook } from './read/read-cluster.js';
import type { Logs } from './read/read-logs.js';
import type { ManifestLook } from './read/read-manifest.js';

/** Everything that a status is judged from, as it was read at one moment. */
export interface Facts {
  /** The folder, as it was named. */
  dir: string;
  /** Milliseconds since 1970, and this machine's name. */
  now: number;
  host: string;
  folder: FolderLook;
  lock: LockLook;
  /** Whether workers live; they may outlive their command for a while. */
  workers: LockState;
  /** Whether every process that may hold the locks is on this machine. */
  local: boolean;
  /** Whether a process has the number that the lock's last holder had on this machine; null if that was elsewhere. */
  holderLives: boolean | null;
  heartbeat: Heartbeat | null;
  /** Why a heartbeat that is there was not read. */
  heartbeatFault: string | null;
  glance: Glance;
  /** Null unless the run was planned for several machines. */
  cluster: ClusterLook | null;
  manifest: ManifestLook;
  logs: Logs;
}

export interface FolderLook {
  is: 'missing' | 'file' | 'folder';
  /** Whether it has anything that only a run leaves. */
  ofRun: boolean;
  /** Some names in a folder without a run, and whether there are more. */
  names: string[];
  more: boolean;
  /** Folders in it that have a run. */
  runs: string[];
}
