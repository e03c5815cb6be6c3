import { type CheckpointManifest, ShardClaimedError } from '@holdfast/manifest';
import { beforeEach, expect, test } from 'vitest';
import { ClaimedShards } from './claimed-shards.js';
import { ownerName, type Task } from './task.js';

interface Held {
  status: 'in_progress' | 'complete' | 'failed';
  owner: string | null;
  attempt: number;
  /** Whether the kernel knows that its owner is alive. */
  alive: boolean;
}

/** A manifest in memory. */
class FakeManifest {
  readonly shards: Held[];
  readonly released: number[] = [];
  /** Called between a look and a claim. */
  meanwhile: () => void = () => undefined;

  constructor(shards: Partial<Held>[]) {
    this.shards = shards.map((each) => ({
      status: 'in_progress',
      owner: null,
      attempt: 0,
      alive: false,
      ...each,
    }));
  }

  async load() {
    const shards = this.shards.map(({ status, owner, attempt }) => ({
      status,
      lease: owner === null ? null : { owner, attempt },
    }));
    return { shards: { ...shards } };
  }

  async claimNext(owner: string, { from }: { from: number }) {
    this.meanwhile();
    const ranks = this.shards.map((_, rank) => (rank + from) % this.shards.length);
    const open = ranks.filter((rank) => this.shards[rank]!.status === 'in_progress');
    const rank =
      open.find((each) => this.shards[each]!.owner === null) ??
      open.find((each) => !this.shards[each]!.alive);
    return rank === undefined ? null : this.#take(rank, owner);
  }

  async claimShard(rank: number, owner: string, { ifAttempt }: { steal: boolean; ifAttempt: number }) {
    this.meanwhile();
    const held = this.shards[rank]!;
    if (held.attempt !== ifAttempt || held.status !== 'in_progress')
      throw new ShardClaimedError(rank, held.owner ?? '', '');
    return this.#take(rank, owner);
  }

  async getShardState(rank: number) {
    return { recovery: { of: rank } };
  }

  releaseClaim({ token }: { token: string }): void {
    this.released.push(Number(token.split('/')[1]));
  }

  #take(rank: number, owner: string) {
    const held = this.shards[rank]!;
    Object.assign(held, { owner, attempt: held.attempt + 1, alive: true });
    return { rank, owner, attempt: held.attempt, token: `m/${rank}/${held.attempt}` };
  }
}

const me: Task = { name: 'me', engine: 'slurm', job: '1', start: 2, index: 1, count: 2, node: 'n1' };
const of = (name: string, start = 1) => ownerName({ ...me, name, start });
const alive = (owner: string): Partial<Held> => ({ owner, attempt: 3, alive: true });

let takenOver: string[];
let asked: string[];
beforeEach(() => {
  takenOver = [];
  asked = [];
});

/** @param silent milliseconds of silence, by task. */
function claimed(shards: Partial<Held>[], silent: Record<string, number | null> = {}) {
  const manifest = new FakeManifest(shards);
  const claims = new ClaimedShards({
    manifest: manifest as unknown as CheckpointManifest,
    task: me,
    beats: {
      silentMs: async (task) => {
        asked.push(task);
        return silent[task] ?? null;
      },
    },
    lease: { beatMs: 100, leaseMs: 1000 },
    onTakenOver: (shard, owner) => void takenOver.push(`${shard} ${owner}`),
  });
  return { manifest, claims };
}

/** Claims until none is left. */
async function all(claims: ClaimedShards): Promise<number[]> {
  const found: number[] = [];
  for (let next = await claims.next(); next !== null; next = await claims.next()) found.push(next.shard);
  return found;
}

test("its earlier start's first, then what nobody has from its own part on, then those of the silent", async () => {
  const { claims } = claimed(
    [
      {},
      alive(of('silent')),
      { ...alive(of('done')), status: 'complete' },
      {},
      alive(of('fresh')),
      alive(of('me', 1)),
      { ...alive(of('gone')), alive: false },
      { status: 'failed' },
    ],
    { silent: 1001, fresh: 1000, done: 5000 },
  );
  // Its part begins at shard 4.
  expect(await all(claims)).toEqual([5, 0, 3, 6, 1]);
  expect(takenOver).toEqual([`5 ${of('me', 1)}`, `1 ${of('silent')}`]);
  expect(asked).not.toContain('done');
});

test('a claim has its token and what is known of its failures', async () => {
  const { claims, manifest } = claimed([{ status: 'complete' }, {}]);
  expect(await claims.next()).toEqual({ shard: 1, claim: 'm/1/1', recovery: { of: 1 } });
  expect([claims.tokenOf(1), claims.tokenOf(0)]).toEqual([{ token: 'm/1/1' }, undefined]);
  expect(await claims.next()).toBe(null);
  claims.release(1);
  claims.release(1);
  claims.release(0);
  expect([claims.tokenOf(1), manifest.released]).toEqual([undefined, [1]]);
});

test('a shard that another takes between the look and the claim is left to it, and the next one taken', async () => {
  const { claims, manifest } = claimed([alive(of('silent')), alive(of('quiet'))], {
    silent: 5000,
    quiet: 5000,
  });
  let faster = true;
  manifest.meanwhile = () => {
    // The look has seen the first attempt.
    if (asked.length > 0 && faster) {
      faster = false;
      Object.assign(manifest.shards[0]!, { owner: of('faster'), attempt: 4 });
    }
  };
  expect((await claims.next())?.shard).toBe(1);
  expect(takenOver).toEqual([`1 ${of('quiet')}`]);
  expect(manifest.shards[0]!.owner).toBe(of('faster'));
});

test('a shard that is completed meanwhile is not opened again', async () => {
  const { claims, manifest } = claimed([alive(of('silent'))], { silent: 5000 });
  manifest.meanwhile = () => Object.assign(manifest.shards[0]!, { status: 'complete' });
  expect(await claims.next()).toBe(null);
});

test('nothing is taken from tasks that are at work or have said that they ended, nor from embed', async () => {
  const owners = [of('fresh'), of('ended'), 'worker 0, process 7 on n1', of('me', 2), of('me', 3)];
  const { claims, manifest } = claimed(owners.map(alive), { fresh: 10, ended: null, me: 10 });
  expect(await claims.next()).toBe(null);
  expect(manifest.shards.map(({ owner }) => owner)).toEqual(owners);
  // A worker of embed has no beat to ask for.
  expect(asked).not.toContain('worker');
});

test('other errors of the manifest are thrown', async () => {
  const { claims, manifest } = claimed([alive(of('silent'))], { silent: 5000 });
  manifest.meanwhile = () => {
    if (asked.length > 0) throw new Error('disk');
  };
  await expect(claims.next()).rejects.toThrow('disk');
});
