import { expect, test } from 'vitest';
import { noWorkerStarted, shardsFailed } from './shards-failed.js';

const at = { logs: 'out/logs', workers: 2 };
const shard = (n: number, message: string) => ({ shard: n, kind: 'transient', message });
const FULL = "ENOSPC: no space left on device, write '/o/x'";

test('a full disk has the same exit code whichever shard met it, and the message names the remedy', () => {
  for (const failed of [
    [shard(0, FULL)],
    [shard(1, 'the model fails'), shard(0, FULL)],
    [shard(0, "EDQUOT: disk quota exceeded, write '/o/x'"), shard(1, 'the model fails')],
  ] as const) {
    const { code, message } = shardsFailed([...failed], at);
    expect(code).toBe(1);
    expect(message).toMatch(
      /shard.* 0.*'\/o\/x'; finished work is kept, see out\/logs; make room .*, then rerun the same command to resume$/,
    );
  }
});

test.each([
  ['EIO: i/o error, read', /; check the disk or the network mount, then rerun/],
  ["EACCES: permission denied, open '/o/x'", /; let this user write there \(chmod, chown\), then rerun/],
  ['EMFILE: too many open files', /; raise the limit on open files: ulimit -n \d+ or more, then rerun/],
  ['spawn node EAGAIN', /; raise the limit on processes: ulimit -u \d+ or more/],
  [
    'the model fails',
    /the model fails; finished work is kept, see out\/logs; rerun the same command to resume$/,
  ],
])('any other failure ends with 4, and the remedy fits: %s', (errorText, remedy) => {
  expect(shardsFailed([shard(0, errorText)], at)).toEqual({
    code: 4,
    message: expect.stringMatching(remedy),
  });
});

test('if no worker started, the message names the limit that was hit', () => {
  expect(noWorkerStarted('Assertion failed: (0) == (uv_thread_create(x))', at)).toMatch(
    /^no worker could start: .*; raise the limit on processes: ulimit -u \d+ or more .*, then rerun the same command to resume$/,
  );
});
