import { expect, test } from 'vitest';
import { controlGroups, groupFolders } from './control-groups.js';

test('the groups of both versions are read, but none above the root of the namespace', () => {
  const text = '5:cpu,cpuacct:/x\n1:name=systemd:/a:b\n0::/job/step:0\n4:memory:/../other\nnonsense\n';
  expect(controlGroups(text)).toEqual([
    { controllers: ['cpu', 'cpuacct'], path: '/x' },
    { controllers: ['name=systemd'], path: '/a:b' },
    { controllers: [], path: '/job/step:0' },
  ]);
});

test('the folders of a group of version 2 are its own and those above it, also under a hybrid mount', () => {
  expect(groupFolders({ controllers: [], path: '/job/step' })).toEqual([
    '/sys/fs/cgroup/job/step',
    '/sys/fs/cgroup/job',
    '/sys/fs/cgroup',
    '/sys/fs/cgroup/unified/job/step',
    '/sys/fs/cgroup/unified/job',
    '/sys/fs/cgroup/unified',
  ]);
});

test('controllers that share a mount are found below its name and below their own', () => {
  expect(groupFolders({ controllers: ['cpu', 'cpuacct'], path: '/' })).toEqual([
    '/sys/fs/cgroup/cpu,cpuacct',
    '/sys/fs/cgroup/cpu',
    '/sys/fs/cgroup/cpuacct',
  ]);
});
