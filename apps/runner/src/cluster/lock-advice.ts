import type { Mount } from '@holdfast/file-lock';

/** What keeps locks from working between machines, and what to change. */
export interface LockAdvice {
  /** Whether the mount itself shows that they don't. */
  certain: boolean;
  text: string;
}

const has = ({ options }: Mount, option: RegExp) => options.split(',').some((each) => option.test(each));

/** File systems on a store or a channel that has no locks. */
const LOCKLESS = /^fuse\.(sshfs|gcsfuse|s3fs|goofys|rclone|mount-s3|mountpoint-s3|blobfuse2?|hdfs|davfs2?)$/;

/** File systems that keep their data on one machine. */
const LOCAL = /^(ext[234]|xfs|btrfs|tmpfs|ramfs|overlay|zfs|f2fs|vfat|exfat|ntfs3?|squashfs)$/;

/**
 * What to change about a mount whose locks do not work between machines, by nfs(5), mount.lustre(8), mount.cifs(8) and BeeGFS's
 * client configuration.
 *
 * @param mount null if the system does not say how it is mounted.
 */
export function lockAdvice(mount: Mount | null): LockAdvice {
  const sure = (text: string): LockAdvice => ({ certain: true, text });
  const maybe = (text: string): LockAdvice => ({ certain: false, text });
  if (mount === null) return maybe('mount it with locks that work between machines');
  const { type } = mount;
  if (/^nfs4?$/.test(type)) {
    if (has(mount, /^nolock$/)) return sure('NFS is mounted with nolock: mount it without this option');
    if (has(mount, /^local_lock=(all|posix)$/))
      return sure('NFS is mounted with local_lock: mount it with local_lock=none');
    return maybe(
      'on NFS version 3 let rpc.statd and lockd run on the server and on all machines, and let the firewall pass them, or mount it with vers=4.2',
    );
  }
  if (type === 'lustre') {
    if (has(mount, /^localflock$/)) return sure('Lustre is mounted with localflock: mount it with flock');
    if (!has(mount, /^flock$/)) return sure('Lustre is mounted without flock: mount it with this option');
    return maybe('mount Lustre with flock on all machines');
  }
  if (type === 'beegfs')
    return maybe(
      'set tuneUseGlobalFileLocks = true in beegfs-client.conf on all machines, and restart the client',
    );
  if (type === 'cifs' || type === 'smb3') {
    if (has(mount, /^nobrl$/)) return sure('it is mounted with nobrl: mount it without this option');
    return maybe('mount it with cache=none and without nobrl');
  }
  if (LOCKLESS.test(type)) return sure(`${type} has no locks between machines: use another file system`);
  if (LOCAL.test(type)) return sure(`${type} is a disk of one machine: use a file system that all share`);
  return maybe(`mount it (${type}) with locks that work between machines`);
}

/** The advice about the machine whose mount is surely at fault, else about the first. */
export function adviceFor(mounts: readonly { host: string; mount: Mount | null }[]): string {
  const advised = mounts.map(({ host, mount }) => ({ host, ...lockAdvice(mount) }));
  const { host, text } = advised.find(({ certain }) => certain) ?? advised[0]!;
  return `on ${host}: ${text}`;
}
