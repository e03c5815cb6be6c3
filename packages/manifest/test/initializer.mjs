// Begins a record, or finds that another did, and records a checkpoint in either case.
import { CheckpointManifest } from '../dist/index.js';

const [path, shards] = process.argv.slice(2);
const manifest = new CheckpointManifest(path);
const said = await manifest.initialize(Number(shards)).then(
  () => 'begun',
  ({ code }) => code,
);
await manifest.updateShardCheckpoint(0, Number(shards), Number(shards), `batch_${shards}.pt`);
process.send(said, () => process.disconnect());
