// Writes a manifest as a run does, until it is killed: `shards` shards, each with one checkpoint after the other.
import { CheckpointManifest } from '@holdfast/manifest';

const [path, shards] = process.argv.slice(2);
const manifest = new CheckpointManifest(path, { fsync: false });
await manifest.initialize(Number(shards));
process.send('begun');
for (let checkpoint = 0; ; checkpoint++)
  await Promise.all(
    Array.from({ length: Number(shards) }, (_, rank) =>
      manifest.updateShardCheckpoint(rank, checkpoint, 10, `batch_${checkpoint}.pt`),
    ),
  );
