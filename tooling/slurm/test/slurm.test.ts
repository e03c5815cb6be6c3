import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodePid, startCluster, startNode, stopCluster, whyNoSlurm } from '../cluster.mjs';
import { digests, listing, program, reached, Submitted, windows } from './submitted.js';

// Whole runs in a real Slurm with three nodes, all on this host.

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const BIN = at('../../../apps/runner/bin/holdfast.js');
const without = whyNoSlurm();
if (without !== null) console.warn(`LEFT OUT: the tests in a real Slurm: ${without}`);

const SEQUENCES = 480;
/** 12 shards of 40 sequences, in batches of 4; a checkpoint every 8. */
const PLAN = ['--shards', '12', '--batch-tokens', '800', '--seq-threshold', '8', '--threads', '1'];
/** Milliseconds that a batch takes, so a shard takes about a second. */
const SLOW = 100;

let cluster: NodeJS.ProcessEnv;
let dir: string;
let input: string;
let expected: Record<string, string>;

beforeAll(async () => {
  if (without !== null) return;
  const folder = mkdtempSync(join(tmpdir(), 'in-'));
  input = join(folder, 'windows.fa');
  windows(SEQUENCES, input);
  const out = join(folder, 'local');
  await program(process.execPath, [BIN, 'embed', input, '--out', out, ...PLAN, '--workers', '2'], {});
  expected = digests(out);
  dir = mkdtempSync('/tmp/hf-slurm-');
  cluster = await startCluster(dir);
});

afterAll(async () => {
  if (dir !== undefined) await stopCluster(dir);
});

const slowRun = (...more: string[]) => new Submitted(cluster, [input, ...PLAN, ...more], SLOW);

/** Waits for the result with the same line again. */
async function finish(run: Submitted, code = 0): Promise<void> {
  const ended = await run.submit('--wait');
  expect({ code: ended.code, stderr: ended.code === code ? '' : ended.stderr }).toEqual({ code, stderr: '' });
}

/** Waits until each of the tasks 0 to 2 has embedded something. */
const allBegun = (run: Submitted, start = 0) =>
  reached('all tasks at work', () =>
    ['0', '1', '2'].every((task) =>
      run.heard().some((each) => each.task === task && each.start >= start && each.type === 'progress'),
    ),
  );

describe.skipIf(without !== null)('a run in Slurm', () => {
  test('12 shards over three nodes give the bytes of a local run; the same line submits nothing twice', async () => {
    const run = slowRun();
    const first = await run.submit();
    expect(first.stdout).toContain('(3 tasks for 12 shards)');
    const again = await run.submit();
    expect(again.stdout).toMatch(
      new RegExp(`^nothing was submitted: array job ${first.array} is in the queue`),
    );
    await allBegun(run);
    expect((await run.submit()).stdout).toMatch(/^nothing was submitted: .*3 tasks running/);
    await finish(run);
    expect(digests(run.out)).toEqual(expected);
    expect(run.nodes()).toEqual(['n0', 'n1', 'n2']);
    expect(run.embedded()).toBe(SEQUENCES);
    const last = await run.submit();
    expect(last.stdout).toContain('there is nothing to submit');
    expect((await run.holdfast('verify', run.out)).code).toBe(0);
  });
});
