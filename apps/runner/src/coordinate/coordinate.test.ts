import { expect, test } from 'vitest';
import { asReattempt } from './coordinate.js';

test('a shard whose sequences are reattempted has not failed, whatever happens', () => {
  const failed = { shard: 2, kind: 'oom', message: 'm' } as const;
  expect(asReattempt({ type: 'shard_failed', ...failed })).toEqual({ type: 'retry_given_up', ...failed });
  const other = { type: 'failed', slot: 0, ...failed } as const;
  expect(asReattempt(other)).toBe(other);
});
