// One simulated task of manifest-tasks.mjs: node manifest-task.mjs MANIFEST TASK CHECKPOINTS FROM
// Claims shards until none is left; "computes" nothing. Prints a line of JSON for each claim that it completed, and last its waits.
import { writeSync } from 'node:fs';

const packageUrl = new URL('../../packages/manifest/dist/index.js', import.meta.url).href;
const { CheckpointManifest, StaleClaimError } = await import(packageUrl);
const [path, task, ...numbers] = process.argv.slice(2);
const [checkpoints, from] = numbers.map(Number);
// As tasks wait; see TASK_LOCK.
const manifest = new CheckpointManifest(path, { lockTimeoutMs: 600_000 });
/** Milliseconds of each update. */
const waits = [];

async function update(work) {
  const start = performance.now();
  const result = await work();
  waits.push(performance.now() - start);
  return result;
}

await manifest.getGlobalProgress();
writeSync(1, '"ready"\n');
await new Promise((resolve) => process.stdin.once('data', resolve));
for (;;) {
  // Each begins elsewhere, as a cluster's tasks do.
  const claim = await update(() => manifest.claimNext(task, { from }));
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
writeSync(1, `${JSON.stringify({ waits })}\n`);
process.exit(0);
