// Ours beside manifest_rival.py: node manifest-updates.mjs PATH RANK FIRST COUNT FSYNC
import { writeSync } from 'node:fs';

const packageUrl = new URL('../../packages/manifest/dist/index.js', import.meta.url).href;
const { CheckpointManifest } = await import(packageUrl);
const [path, ...numbers] = process.argv.slice(2);
const [rank, first, count, fsync] = numbers.map(Number);
const manifest = new CheckpointManifest(path, { fsync: fsync === 1 });
// As in a worker that has been at it for a while: the file was read, and the code is warm.
await manifest.getGlobalProgress();
const warm = new CheckpointManifest(`${path}.warm${rank}`, { fsync: fsync === 1 });
await warm.initialize(200, { replace: true });
for (let batch = 0; batch < 200; batch++) await warm.updateShardCheckpoint(0, batch, 10, 'batch.pt');
writeSync(1, 'ready\n');
await new Promise((resolve) => process.stdin.once('data', resolve));
for (let batch = first; batch < first + count; batch++)
  await manifest.updateShardCheckpoint(rank, batch, 10, `batch_${String(batch).padStart(5, '0')}.pt`);
writeSync(1, 'done\n');
process.exit(0);
