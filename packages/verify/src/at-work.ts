import { readFileSync, statSync } from 'node:fs';
import { isLocalDisk } from '@holdfast/file-lock';
import type { Layout } from '@holdfast/run-folder';

/**
 * Whether a command or a worker holds a lock of the folder. Takes no lock and writes nothing: Linux lists all locks.
 *
 * @returns null if the system does not say: it does not list the locks of other machines on a network file system.
 */
export function isAtWork({ out, lock, workersLock }: Layout): boolean | null {
  const held = heldLocks();
  if (held === null) return null;
  if ([lock, workersLock].some((path) => held.has(inodeOf(path) ?? -1))) return true;
  return isLocalDisk(out) ? false : null;
}

/**
 * The inodes of all files with a lock of an open file (OFD), as Holdfast takes them; null if the system does not list them. Devices
 * are not compared: on overlays the list has others than `stat`. Taking a run for one at work only costs time.
 */
function heldLocks(): Set<number> | null {
  try {
    return lockedInodes(readFileSync('/proc/locks', 'utf8'));
  } catch {
    return null;
  }
}

/** Parses proc_locks(5): number, kind, mode, access, process, `major:minor:inode`, range. Those who wait have `->` before the kind. */
export function lockedInodes(text: string): Set<number> {
  const inodes = new Set<number>();
  for (const line of text.split('\n')) {
    const [, kind, , , , place = ''] = line.trim().split(/\s+/);
    const inode = Number(place.split(':')[2]);
    if (kind === 'OFDLCK' && Number.isSafeInteger(inode)) inodes.add(inode);
  }
  return inodes;
}

function inodeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? null;
}
