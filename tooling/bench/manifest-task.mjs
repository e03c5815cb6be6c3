// One simulated task of manifest-tasks.mjs: node manifest-task.mjs MANIFEST TASK CHECKPOINTS FROM
// Claims shards until none is left; "computes" nothing. Prints a line of JSON for each claim that it completed, and last its waits.
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';

const packageUrl = new URL('../../packages/manifest/dist/index.js', import.meta.url).href;
const { CheckpointManifest, ShardClaimedError, StaleClaimError } = await import(packageUrl);
const [path, task, ...numbers] = process.argv.slice(2);
const [checkpoints, from] = numbers.map(Number);
const manifest = new CheckpointManifest(path);
/** Milliseconds of each update, and how often none was possible within the limit of the lock. */
const waits = [];
let timeouts = 0;
let refused = 0;

/** An update that is tried again until it gets the lock. */
async function update(work) {
  const start = performance.now();
  for (;;) {
    try {
      const result = await work();
      waits.push(performance.now() - start);
      return result;
    } catch (error) {
      if (error.code !== 'lock_timeout') throw error;
      timeouts++;
    }
  }
}

/** As `holdfast work` looks for a shard: from its own part of the plan on, first those that nobody has had. */
async function next() {
  const { shards } = await manifest.load();
  const open = Object.keys(shards).filter((rank) => shards[rank].status === 'in_progress');
  const first = open.findIndex((rank) => Number(rank) >= from);
  const inTurn = first < 0 ? open : [...open.slice(first), ...open.slice(0, first)];
  const owned = (rank) => shards[rank].lease !== null;
  for (const rank of [...inTurn.filter((rank) => !owned(rank)), ...inTurn.filter(owned)]) {
    const { lease } = shards[rank];
    // Asking about an owner takes the lock; a beat says first who is silent.
    if (lease !== null && !gone.has(lease.owner)) continue;
    try {
      const ifAttempt = lease?.attempt ?? 0;
      return await update(() => manifest.claimShard(Number(rank), task, { ifAttempt }));
    } catch (error) {
      if (!(error instanceof ShardClaimedError)) throw error;
      refused++;
    }
  }
  return null;
}

/** Tasks that were killed, as lines on standard input name them. */
const gone = new Set();
let go;
createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'go') go();
  else gone.add(line);
});
const told = new Promise((resolve) => {
  go = resolve;
});
await manifest.getGlobalProgress();
writeSync(1, '"ready"\n');
await told;
for (;;) {
  const claim = await next();
  if (claim === null) break;
  const { rank, token, attempt } = claim;
  writeSync(1, `${JSON.stringify({ claimed: rank })}\n`);
  try {
    for (let i = 0; i < checkpoints; i++) {
      const name = `batch_${String(i).padStart(5, '0')}.pt`;
      await update(() => manifest.updateShardCheckpoint(rank, i, 10, name, { token }));
    }
    await update(() => manifest.markShardComplete(rank, { token }));
    writeSync(1, `${JSON.stringify({ rank, attempt })}\n`);
  } catch (error) {
    if (!(error instanceof StaleClaimError)) throw error;
    writeSync(1, `${JSON.stringify({ rank, attempt, stale: true })}\n`);
  }
}
writeSync(1, `${JSON.stringify({ waits, timeouts, refused })}\n`);
process.exit(0);
