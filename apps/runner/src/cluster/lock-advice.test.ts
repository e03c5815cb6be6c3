import { expect, test } from 'vitest';
import { adviceFor, lockAdvice } from './lock-advice.js';

test.each([
  ['nfs4', 'rw,vers=4.2,local_lock=none', false, /vers=4\.2/],
  ['nfs', 'rw,nolock,vers=3', true, /without this option/],
  ['nfs4', 'rw,local_lock=all', true, /local_lock=none/],
  ['nfs', 'rw,local_lock=posix', true, /local_lock=none/],
  ['nfs', 'rw,local_lock=flock', false, /rpc\.statd/],
  ['lustre', 'rw,localflock', true, /with flock/],
  ['lustre', 'rw,user_xattr', true, /without flock/],
  ['lustre', 'rw,flock', false, /on all machines/],
  ['beegfs', 'rw', false, /tuneUseGlobalFileLocks = true/],
  ['cifs', 'rw,nobrl', true, /nobrl/],
  ['cifs', 'rw', false, /cache=none/],
  ['fuse.sshfs', 'rw', true, /another file system/],
  ['fuse.gcsfuse', 'rw', true, /another file system/],
  ['fuse.s3fs', 'rw', true, /another file system/],
  ['xfs', 'rw', true, /disk of one machine/],
  ['gpfs', 'rw', false, /\(gpfs\)/],
])('%s with %s: certain is %s, and it says what to change', (type, options, certain, text) => {
  const advice = lockAdvice({ type, options });
  expect(advice.certain).toBe(certain);
  expect(advice.text).toMatch(text);
});

test('an unknown mount has an advice, too', () => {
  expect(lockAdvice(null)).toMatchObject({ certain: false });
});

test('the machine whose mount is surely at fault is named', () => {
  const good = { host: 'a', mount: { type: 'nfs4', options: 'rw,local_lock=none' } };
  const bad = { host: 'b', mount: { type: 'nfs', options: 'rw,nolock' } };
  expect(adviceFor([good, bad])).toMatch(/^on b: NFS is mounted with nolock/);
  expect(adviceFor([good, good])).toMatch(/^on a: /);
});
