// A worker process of the concurrency tests: updates one shard `count` times, from batch `first` on.
import { CheckpointManifest } from '../dist/index.js';

const [path, rank, first, count] = process.argv.slice(2);
const manifest = new CheckpointManifest(path);
for (let batch = Number(first); batch < Number(first) + Number(count); batch++) {
  await manifest.updateShardCheckpoint(Number(rank), batch, 10, `batch_${String(batch).padStart(5, '0')}.pt`);
}
