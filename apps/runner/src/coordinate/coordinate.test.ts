import { expect, test } from 'vitest';
import { asRetried } from './coordinate.js';

test('a shard whose sequences are only tried again has not failed, whatever ends that', () => {
  const failed = { shard: 2, kind: 'oom', message: 'm' } as const;
  expect(asRetried({ type: 'shard_failed', ...failed })).toEqual({ type: 'retry_given_up', ...failed });
  const other = { type: 'failed', slot: 0, ...failed } as const;
  expect(asRetried(other)).toBe(other);
});
