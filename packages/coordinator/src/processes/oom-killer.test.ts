import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { kernelOomKiller } from './oom-killer.js';

const V1 = (kills: number) => `oom_kill_disable 0\nunder_oom 0\noom_kill ${kills}\n`;
const V2 = (kills: number) => `low 0\nhigh 7\nmax 9\noom 2\noom_kill ${kills}\noom_group_kill 0\n`;
const MACHINE = { 'proc/vmstat': 'nr_free_pages 5\noom_kill 100\nzone_reclaim_failed 0\n' };

/** A machine with only these files. */
function machine(files: Record<string, string>) {
  const root = mkdtempSync(join(tmpdir(), 'oom-'));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  for (const [path, text] of Object.entries(files)) write(path, text);
  return { root, write };
}

const kills = (files: Record<string, string>) => kernelOomKiller(machine(files).root).kills();

test.each([
  [
    "a group of its own, whatever happens to others'",
    {
      ...MACHINE,
      'proc/self/cgroup': '0::/job/step:0\n',
      'sys/fs/cgroup/job/step:0/memory.events': V2(3),
      'sys/fs/cgroup/job/memory.events': V2(8),
    },
    3,
  ],
  [
    'a container, in which the mount is the group',
    { ...MACHINE, 'proc/self/cgroup': '0::/docker/12ab\n', 'sys/fs/cgroup/memory.events': V2(4) },
    4,
  ],
  [
    'a namespace of its own',
    { ...MACHINE, 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/memory.events': V2(5) },
    5,
  ],
  [
    'a group without memory accounting, in one that has it',
    { ...MACHINE, 'proc/self/cgroup': '0::/a/b\n', 'sys/fs/cgroup/a/memory.events': V2(6) },
    6,
  ],
  [
    'groups of the first version',
    {
      ...MACHINE,
      'proc/self/cgroup': '5:cpu,cpuacct:/x\n4:hugetlb,memory:/slurm/job\n0::/\n',
      'sys/fs/cgroup/memory/slurm/job/memory.oom_control': V1(7),
      'sys/fs/cgroup/memory/memory.oom_control': V1(9),
      'sys/fs/cgroup/memory/x/memory.oom_control': V1(9),
    },
    7,
  ],
  [
    'both versions side by side',
    { ...MACHINE, 'proc/self/cgroup': '0::/a\n', 'sys/fs/cgroup/unified/a/memory.events': V2(8) },
    8,
  ],
  [
    "a group outside of the namespace, where only others' can be read",
    {
      ...MACHINE,
      'proc/self/cgroup': '0::/../other\n',
      'sys/fs/cgroup/memory.events': V2(9),
      'sys/fs/cgroup/other/memory.events': V2(9),
    },
    100,
  ],
  ['the root group, which has no count', { ...MACHINE, 'proc/self/cgroup': '0::/\n' }, 100],
  ['no groups', MACHINE, 100],
  ['a kernel that does not count', { 'proc/vmstat': 'oom_killed 5\n xoom_kill 5\noom_kill five\n' }, null],
  ['no Linux', {}, null],
])('%s', (_, files, expected) => expect(kills(files)).toBe(expected));

test('growth is seen, and a missing file does not lower the count', () => {
  const { root, write } = machine({
    'proc/self/cgroup': '0::/a\n',
    'sys/fs/cgroup/a/memory.events': V2(1),
    'sys/fs/cgroup/memory.events': V2(50),
  });
  const killer = kernelOomKiller(root);
  expect(killer.kills()).toBe(1);
  write('sys/fs/cgroup/a/memory.events', V2(2));
  expect(killer.kills()).toBe(2);
  // Another file's count must not replace it: that would look like growth.
  rmSync(join(root, 'sys/fs/cgroup/a'), { recursive: true });
  expect(killer.kills()).toBe(2);
});

test('anything but a file has no count', () => {
  expect(kills({ 'proc/self/cgroup/x': '', 'proc/vmstat/x': '' })).toBeNull();
});

test.runIf(existsSync('/proc/vmstat'))('this machine has a count', () => {
  const count = kernelOomKiller().kills();
  expect(count === null || Number.isSafeInteger(count)).toBe(true);
});
