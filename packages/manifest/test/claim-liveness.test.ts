import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ShardClaimedError, StaleClaimError } from '../src/errors.js';
import { CheckpointManifest } from '../src/manifest.js';
import type { ClaimOptions } from '../src/options.js';

// The kernel decides who is alive, so these tests use real processes.

const script = fileURLToPath(new URL('./claim-rival.mjs', import.meta.url));
interface Answer {
  token?: string;
  error?: string;
  holder?: string;
  running?: boolean;
}

let manifest: CheckpointManifest;
const children: ChildProcess[] = [];
beforeEach(async () => {
  manifest = new CheckpointManifest(join(await mkdtemp(join(tmpdir(), 'claim-')), 'manifest.json'));
  await manifest.initialize(2);
});
afterEach(async () => {
  for (const child of children.splice(0)) await killed(child);
});

async function rival(owner: string): Promise<ChildProcess> {
  const child = fork(script, [manifest.path, owner]);
  children.push(child);
  await once(child, 'message');
  return child;
}

async function asked(child: ChildProcess, what: object): Promise<Answer> {
  const answer = once(child, 'message');
  child.send(what);
  return (await answer)[0] as Answer;
}
const claims = (child: ChildProcess, options: ClaimOptions = {}) => asked(child, { do: 'claim', options });

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

const refused = { error: 'ShardClaimedError', running: true };

test('of many processes that claim a shard at once one gets it, and after its kill one of the others', async () => {
  let rivals = await Promise.all(Array.from({ length: 6 }, (_, i) => rival(`worker ${i}`)));
  for (let round = 1; round <= 3; round++) {
    const answers = await Promise.all(rivals.map((child) => claims(child)));
    const winners = rivals.filter((_, i) => answers[i]!.token !== undefined);
    expect(winners).toHaveLength(1);
    const { lease } = (await manifest.getShardState(0))!;
    expect(lease?.attempt).toBe(round);
    for (const answer of answers)
      if (answer.token === undefined) expect(answer).toMatchObject({ ...refused, holder: lease?.owner });
    await killed(winners[0]!);
    rivals = rivals.filter((child) => child !== winners[0]);
  }
});

test('a claim ends with its process, however that ended, and affects no other shard', async () => {
  const first = await rival('worker a');
  const { token } = await claims(first);
  await manifest.claimShard(1, 'worker b');
  await expect(manifest.claimShard(0, 'worker b')).rejects.toThrow(
    /claimed by worker a, whose process is alive/,
  );
  const exit = once(first, 'exit');
  first.send({ do: 'end' });
  await exit;
  const claim = await manifest.claimShard(0, 'worker b');
  expect(claim.attempt).toBe(2);
  await expect(manifest.heartbeat(0, { token: token! })).rejects.toBeInstanceOf(StaleClaimError);
  await manifest.heartbeat(0, claim);
});

test('a stopped process is alive; its shard is taken away only on request', async () => {
  const first = await rival('worker a');
  await claims(first);
  first.kill('SIGSTOP');
  const error = await manifest.claimShard(0, 'worker b').catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ShardClaimedError);
  expect(error).toMatchObject({ code: 'shard_claimed', owner: 'worker a', running: true });
  expect(await manifest.claimShard(0, 'worker b', { steal: true })).toMatchObject({ attempt: 2 });
  first.kill('SIGCONT');
  // Now the other owner is alive.
  expect(await claims(first)).toMatchObject({ ...refused, holder: 'worker b' });
});

test('two processes with one owner name are two owners', async () => {
  const [first, second] = [await rival('worker'), await rival('worker')];
  expect((await claims(first)).token).toBeDefined();
  expect(await claims(second)).toMatchObject(refused);
  // The owner may claim it again.
  expect((await claims(first)).token).toBeDefined();
});

test('a claim stolen from a live process is held by the thief alone', async () => {
  const [first, second, third] = [await rival('a'), await rival('b'), await rival('c')];
  await claims(first);
  expect((await claims(second, { steal: true })).token).toBeDefined();
  await killed(second);
  // The first process is alive, but no longer the owner.
  expect((await claims(third)).token).toBeDefined();
  expect(await claims(first)).toMatchObject({ ...refused, holder: 'c' });
});

test('a failed or complete shard has no owner, whoever is alive', async () => {
  const [first, second] = [await rival('a'), await rival('b')];
  const { token } = await claims(first);
  await asked(first, { do: 'fail', token });
  expect((await claims(second)).token).toBeDefined();
  await manifest.markShardFailed(0, 'reported by its coordinator');
  const claim = await manifest.claimShard(0, 'c');
  await manifest.markShardComplete(0, claim);
  expect((await claims(first)).token).toBeDefined();
});

test('the last sign of life decides instead on request', async () => {
  const first = await rival('a');
  await claims(first);
  await expect(manifest.claimShard(0, 'b', { unlessAliveWithinMs: 600_000 })).rejects.toMatchObject({
    running: false,
  });
  await killed(first);
  await expect(manifest.claimShard(0, 'b', { unlessAliveWithinMs: 600_000 })).rejects.toThrow('was alive at');
  expect(await manifest.claimShard(0, 'b', { unlessAliveWithinMs: 0 })).toMatchObject({ attempt: 2 });
  await expect(manifest.claimShard(0, 'b', { steal: true, unlessAliveWithinMs: 5 })).rejects.toThrow(
    'not both',
  );
});

test('within one process another owner is refused too, through any object; the same owner may claim again', async () => {
  const other = new CheckpointManifest(manifest.path);
  const claim = await manifest.claimShard(0, 'a');
  await expect(other.claimShard(0, 'b')).rejects.toBeInstanceOf(ShardClaimedError);
  expect(await other.claimShard(0, 'a')).toMatchObject({ attempt: 2 });
  await expect(manifest.heartbeat(0, claim)).rejects.toBeInstanceOf(StaleClaimError);
});

test('a claim that could not be recorded blocks nobody', async () => {
  await expect(manifest.claimShard(7, 'a')).rejects.toThrow('shard 7');
  await expect(manifest.claimShard(0, 5 as never)).rejects.toThrow();
  expect((await claims(await rival('b'))).token).toBeDefined();
});

test('a claim is over once its folder was removed or its manifest replaced', async () => {
  await manifest.claimShard(0, 'a');
  await manifest.initialize(2, { replace: true });
  const first = await rival('b');
  expect((await claims(first)).token).toBeDefined();
  for (const name of ['', '.lock', '.claims', '.journal'])
    await rm(`${manifest.path}${name}`, { force: true });
  await new CheckpointManifest(manifest.path).initialize(2);
  expect((await claims(await rival('c'))).token).toBeDefined();
  expect(await readFile(`${manifest.path}.claims`, 'utf8')).toBe('');
});
