// Begins a record, or finds one that another process began, and records a checkpoint in either case.
import { CheckpointManifest } from '../dist/index.js';

const [path, shards] = process.argv.slice(2);
const manifest = new CheckpointManifest(path);
const outcome = await manifest.initialize(Number(shards)).then(
  () => 'begun',
  ({ code }) => code,
);
await manifest.updateShardCheckpoint(0, Number(shards), Number(shards), `batch_${shards}.pt`);
process.send(outcome, () => process.disconnect());
