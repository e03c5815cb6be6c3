import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import {
  digestOf,
  type Ended,
  fixture,
  freshFolder,
  holdfast,
  type Line,
  start,
  windows,
} from './command.js';

// Real workers that really end; the result is that of a run in which none did.

let reads: string;
let whole: string;
let out: string;
const line = (to: string) => [
  ...['embed', reads, '--out', to, '--workers', '2', '--shards', '8'],
  ...['--seq-threshold', '100', '--batch-tokens', '4000'],
];
beforeAll(async () => {
  reads = await windows(20_000);
  const undisturbed = join(await freshFolder(), 'out');
  expect(await holdfast(line(undisturbed))).toMatchObject({ code: 0 });
  whole = await digestOf(undisturbed);
});
beforeEach(async () => {
  out = join(await freshFolder(), 'out');
});

const all = (lines: readonly Line[], event: string) => lines.filter((each) => each.event === event);

/** Sends a signal to the worker that makes the first checkpoint. */
async function signalled(signal: NodeJS.Signals): Promise<Ended & { slot: unknown }> {
  const running = start(line(out));
  const spawned: Line[] = [];
  running.onLine((each) => {
    if (each.event === 'spawned') spawned.push(each);
  });
  const { slot } = await running.until('checkpoint');
  process.kill(spawned.find((each) => each['slot'] === slot)!['pid'] as number, signal);
  return { ...(await running.ended), slot };
}

test('a worker that is preempted (SIGTERM) saves, its shard goes to another at once, and nothing is counted', async () => {
  const { code, lines, slot } = await signalled('SIGTERM');
  expect(all(lines, 'exited')).toContainEqual(
    expect.objectContaining({ slot, exit_code: 143, signal: null }),
  );
  const [failed, ...others] = all(lines, 'failed');
  expect(failed).toMatchObject({ slot, kind: 'spot_preemption' });
  expect(others).toEqual([]);
  const { shard } = failed!;
  expect(all(lines, 'retry')).toMatchObject([
    { shard, reason: expect.stringMatching(/^worker preempted, capacity will return/) },
  ]);
  const [first, second] = all(lines, 'assigned').filter((each) => each['shard'] === shard);
  expect(first).toMatchObject({ slot });
  expect(second!['slot']).not.toBe(slot);
  expect([code, await digestOf(out)]).toEqual([0, whole]);
});

test('a worker that is killed (SIGKILL) from outside was preempted: its shard is tried again', async () => {
  const { code, lines, slot } = await signalled('SIGKILL');
  expect(all(lines, 'failed')).toMatchObject([
    { slot, kind: 'spot_preemption', message: expect.stringContaining('died of SIGKILL') },
  ]);
  expect(all(lines, 'retry')).toMatchObject([{ reason: expect.stringContaining('killed from outside') }]);
  expect([code, await digestOf(out)]).toEqual([0, whole]);
});

const exits = (more: NodeJS.ProcessEnv = {}) => ({
  env: {
    NODE_OPTIONS: `--import ${pathToFileURL(fixture('exit-on-shard.mjs'))}`,
    EXIT_ON_SHARD: '3',
    ...more,
  },
});

test('a worker that ends with exit code 1 is replaced', async () => {
  const { code, lines } = await holdfast(line(out), '', exits({ EXIT_ONCE: join(out, '..', 'exited') }));
  expect(all(lines, 'failed')).toMatchObject([
    { shard: 3, kind: 'transient', message: 'the worker exited with code 1 before shard 3 was complete' },
  ]);
  expect([code, await digestOf(out)]).toEqual([0, whole]);
});

test('a shard that ends every worker is tried in each slot, and then has failed; the others are done, and the same line completes it', async () => {
  const { code, lines, stderr } = await holdfast(line(out), '', exits());
  expect({ code, stderr }).toEqual({
    code: 4,
    stderr: expect.stringMatching(
      /^holdfast: shard 3 failed \(transient\): .*rerun the same command to resume\n$/,
    ),
  });
  expect(lines.at(-1)).toMatchObject({ event: 'run_failed', exit_code: 4 });
  expect(new Set(all(lines, 'failed').map(({ shard }) => shard))).toEqual(new Set([3]));
  expect(all(lines, 'redistributed').length).toBeLessThanOrEqual(1);
  expect(new Set(all(lines, 'failed').map(({ slot }) => slot))).toEqual(new Set([0, 1]));
  expect(all(lines, 'shard_failed')).toMatchObject([{ shard: 3, kind: 'transient' }]);
  expect(all(lines, 'shard_complete')).toHaveLength(7);
  const rest = await holdfast(line(out));
  expect(all(rest.lines, 'shard_complete')).toMatchObject([{ shard: 3 }]);
  expect([rest.code, await digestOf(out)]).toEqual([0, whole]);
});
