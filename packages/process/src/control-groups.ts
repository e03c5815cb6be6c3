import { posix } from 'node:path';

const MOUNT = '/sys/fs/cgroup';

/** A control group of a process (Linux, cgroups(7)). */
export interface ControlGroup {
  /** The controllers it is for; none in version 2, where one group has all. */
  controllers: readonly string[];
  /** Its path below the mount. */
  path: string;
}

/**
 * Parses the lines `number:controllers:path` of `/proc/<pid>/cgroup`. Skips groups above the root of the
 * process's namespace: the mount does not hold them.
 */
export function controlGroups(text: string): ControlGroup[] {
  return text.split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined || path.split('/').includes('..')) return [];
    return [{ controllers: controllers.split(',').filter((name) => name !== ''), path }];
  });
}

/**
 * The folders that may be a group's, or one's that contains it, closest first. In a container the group's own
 * path may be missing; the mount is then the group.
 */
export function groupFolders({ controllers, path }: ControlGroup): string[] {
  const mounts =
    controllers.length === 0
      ? [MOUNT, `${MOUNT}/unified`]
      : [...new Set([controllers.join(','), ...controllers])].map((name) => posix.join(MOUNT, name));
  return mounts.flatMap((mount) => upwards(path).map((group) => posix.join(mount, group.slice(1))));
}

/** A path and all above it. */
function upwards(path: string): string[] {
  return path === '/' ? ['/'] : [path, ...upwards(posix.dirname(path))];
}
