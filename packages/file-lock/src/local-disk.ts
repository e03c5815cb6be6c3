import { readFileSync, statfsSync } from 'node:fs';
import { mountOf } from './mount.js';

/** Linux's numbers of file systems that keep their data on this machine, from <linux/magic.h>. */
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
 * Whether what one process writes here is seen by all others at once. On a network file system it is only when it was sent
 * to the server; any that we do not know is taken for one.
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

/** Whether a file lies on NFS that is mounted without locks between machines, though there are some within this one. */
export function isUnlockedNetwork(path: string): boolean {
  try {
    if (process.platform !== 'linux' || statfsSync(path).type !== NFS) return false;
    return hasLocalLocks(readFileSync('/proc/self/mountinfo', 'utf8'), path);
  } catch {
    return false;
  }
}

/** Whether the mount that a path lies on has options by which locks stay within the machine. */
export function hasLocalLocks(mountinfo: string, path: string): boolean {
  const options = mountOf(mountinfo, path)?.options ?? '';
  return /(^|,)(nolock|local_lock=(all|posix))(,|$)/.test(options);
}
