import { statfsSync } from 'node:fs';

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
