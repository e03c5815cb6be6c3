// Claims a shard and records checkpoints, sends each acknowledgement, and exits once the shard has another
// owner.
import { CheckpointManifest } from '../dist/index.js';

const [path, rank] = process.argv.slice(2);
const manifest = new CheckpointManifest(path);
const claim = await manifest.claimShard(Number(rank), `process ${process.pid}`);
try {
  for (let batch = 0; batch < 1_000_000; batch++) {
    await manifest.updateShardCheckpoint(Number(rank), batch, 10, `batch_${batch}.pt`, claim);
    process.send({ acknowledged: batch });
  }
} catch (error) {
  await new Promise((resolve) => process.send({ error: error.name }, resolve));
}
process.disconnect();
