import { readFileSync, statfsSync } from 'node:fs';
import { mountOf } from './mount.js';

/** Magic numbers of file systems that keep their data on this machine, from <linux/magic.h>. */
const LOCAL = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // xfs
  0x9123683e, // btrfs
  0x01021994, // tmpfs
  0x794c7630, // overlayfs
  0xf2f52010, // f2fs
  0x2fc12fc1, // zfs
]);

/**
 * Whether all processes see a write immediately. On a network file system they do only after it reached the server; an unknown
 * file system counts as one.
 */
export function isLocalDisk(folder: string): boolean {
  try {
    return process.platform === 'linux' && LOCAL.has(statfsSync(folder).type);
  } catch {
    return false;
  }
}

/** NFS, from <linux/magic.h>. */
const NFS = 0x6969;

/** Whether a file is on NFS whose locks work only within this machine. */
export function isUnlockedNetwork(path: string): boolean {
  try {
    if (process.platform !== 'linux' || statfsSync(path).type !== NFS) return false;
    return hasLocalLocks(readFileSync('/proc/self/mountinfo', 'utf8'), path);
  } catch {
    return false;
  }
}

/** Whether the mount of a path has options that keep locks within the machine. */
export function hasLocalLocks(mountinfo: string, path: string): boolean {
  const options = mountOf(mountinfo, path)?.options ?? '';
  return /(^|,)(nolock|local_lock=(all|posix))(,|$)/.test(options);
}
