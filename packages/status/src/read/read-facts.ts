import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { systemErrorCode } from '@holdfast/durable';
import { isLocalDisk, lookAtLock } from '@holdfast/file-lock';
import { glance, layout, NO_GLANCE } from '@holdfast/run-folder/glance';
import type { Facts } from '../facts.js';
import { type Heartbeat, parseHeartbeat } from '../heartbeat.js';
import { holderIn } from '../judge/holder.js';
import { lookAtFolder } from './look-at-folder.js';
import { readCluster } from './read-cluster.js';
import { readLogs } from './read-logs.js';
import { readManifest } from './read-manifest.js';

/**
 * Reads how a run stands. Reads small files only, whatever the number of sequences; takes no lock and writes nothing.
 *
 * @param dir the output folder. @throws what the file system throws, and ManifestVersionError.
 */
export async function readFacts(dir: string): Promise<Facts> {
  const place = layout(dir);
  const folder = lookAtFolder(dir);
  const host = hostname();
  if (folder.is !== 'folder') return { ...NOTHING, dir, folder, host, now: Date.now() };
  // First: a run that ends meanwhile has its end in the files that are read later.
  const lock = await lookAtLock(place.lock);
  const workers = (await lookAtLock(place.workersLock)).state;
  const beat = heartbeatIn(place.heartbeat);
  const holder = holderIn(lock.holder);
  const cluster = await readCluster(place);
  return {
    dir,
    folder,
    host,
    lock,
    workers,
    local: isLocalDisk(dir),
    holderLives: holder !== null && holder.host === host ? lives(holder.pid) : null,
    ...beat,
    manifest: await readManifest(place.manifest),
    cluster,
    logs: readLogs(
      place.logs,
      cluster?.tasks.map(({ beat }) => beat.task),
    ),
    // Last: whatever is complete now was complete in the manifest.
    glance: glance(place),
    now: Date.now(),
  };
}

/** Of what is no folder. */
const NOTHING: Omit<Facts, 'dir' | 'folder' | 'host' | 'now'> = {
  lock: { state: 'missing', holder: null, since: null },
  workers: 'missing',
  local: true,
  holderLives: null,
  heartbeat: null,
  heartbeatFault: null,
  manifest: { is: 'missing' },
  cluster: null,
  logs: { events: [], cut: false, unreadable: 0, written: null },
  glance: NO_GLANCE,
};

function heartbeatIn(path: string): { heartbeat: Heartbeat | null; heartbeatFault: string | null } {
  try {
    return { heartbeat: parseHeartbeat(readFileSync(path, 'utf8')), heartbeatFault: null };
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return { heartbeat: null, heartbeatFault: null };
    return { heartbeat: null, heartbeatFault: (error as Error).message };
  }
}

/** Another user's process counts too. */
function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) !== 'ESRCH';
  }
}
