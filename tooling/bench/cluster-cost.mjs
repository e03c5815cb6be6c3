// One step of cluster-costs.mjs in a process of its own, so that its highest memory is its own:
// node cluster-cost.mjs plan INPUT FOLDER | open FOLDER SHARDS | manifest PATH SHARDS CHECKPOINTS
// Prints a line of JSON.
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { timed } from './measure.mjs';

const of = (name) => import(new URL(`../../packages/${name}/dist/index.js`, import.meta.url).href);
const [step, ...args] = process.argv.slice(2);
const peak = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
const say = (facts) => console.log(JSON.stringify({ ...facts, peak: peak() }));
const steps = { plan, open, manifest };
await steps[step](...args);

/** Builds an index as a run does: all sequences are compared, so that copies are computed once. */
async function plan(input, folder) {
  const { buildIndex, bucketLimits } = await of('plan');
  const { allowedResidues } = await of('gpu-runtime');
  const before = peak();
  const seconds = await timed(() =>
    buildIndex({
      inputs: [input],
      folder,
      allowed: allowedResidues('protein'),
      hint: '',
      tokensOf: (residues) => residues + 2,
      batchTokens: 65536,
      bucket: bucketLimits(1280),
      dedupe: true,
      signal: new AbortController().signal,
    }),
  );
  const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  say({ seconds, bytes, before });
}

/** What each task does before it claims a shard. */
async function open(folder, shards) {
  const { openIndex, shardsOf } = await of('plan');
  let batches;
  const seconds = await timed(async () => {
    const index = await openIndex(folder);
    await shardsOf(index, Number(shards));
    batches = index.summary.batches;
    await index.close();
  });
  say({ seconds, batches });
}

/** A manifest with so many shards, each with so many checkpoints: its size, and what reading and claiming cost. */
async function manifest(path, shardCount, each) {
  const [shards, checkpoints] = [Number(shardCount), Number(each)];
  const { CheckpointManifest } = await of('manifest');
  const made = new CheckpointManifest(path, { fsync: false });
  const initialize = await timed(() => made.initialize(shards, { replace: true }));
  const list = Array.from({ length: checkpoints }, (_, checkpoint) => ({
    checkpoint,
    numSequences: 10_000,
    file: `batch_${String(checkpoint).padStart(5, '0')}.pt`,
  }));
  // At once: they share locks and syncs.
  for (let first = 0; first < shards; first += 1000)
    await Promise.all(
      Array.from({ length: Math.min(1000, shards - first) }, (_, i) => made.reconcileShard(first + i, list)),
    );
  const bytes = statSync(path).size + (statSync(`${path}.journal`, { throwIfNoEntry: false })?.size ?? 0);
  const task = new CheckpointManifest(path);
  const load = await timed(() => task.getGlobalProgress());
  const copy = await timed(() => task.load());
  const claims = Math.min(20, Math.floor(shards / 2));
  const claim = await timed(async () => {
    for (let rank = 0; rank < claims; rank++) await task.claimShard(rank, 'task 1 (start 1) on node1');
  });
  const update = await timed(async () => {
    for (let i = 0; i < claims; i++) {
      const rank = claims + i;
      await task.updateShardCheckpoint(rank, checkpoints, 10_000, 'batch_99999.pt');
    }
  });
  rmSync(path);
  say({ initialize, bytes, load, copy, claim: claim / claims, update: update / claims });
}
