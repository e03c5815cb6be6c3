// Records checkpoints in a manifest, one after another, and now and then does something else with it.
// usage: node manifest-writer.mjs PATH RANK FIRST END [--dies SEED]
//
// Standard output, each line written before anything else happens: `ack N` when checkpoint N was acknowledged. On its end,
// `slowest MS`, the longest that an update took. With --dies it dies by SIGKILL at a random step of its file system.
import { writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { random } from './random.mjs';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { dies: { type: 'string' } } });
const [path, ...numbers] = positionals;
const [rank, first, end] = numbers.map(Number);
if (values.dies !== undefined) {
  const { dieAt } = await import('./dying-fs.mjs');
  dieAt(Math.floor(random(Number(values.dies))() * 2500));
}
const { CheckpointManifest } = await import('@holdfast/manifest');
const manifest = new CheckpointManifest(path);
let slowest = 0;
for (let batch = first; batch < end; batch++) {
  const begun = performance.now();
  await manifest.updateShardCheckpoint(rank, batch, 10, `batch_${batch}.pt`);
  slowest = Math.max(slowest, performance.now() - begun);
  writeSync(1, `ack ${batch}\n`);
  if (batch % 50 === 25) await manifest.recordRedistribution(rank, 0);
  if (batch % 50 === 49) await manifest.getGlobalProgress();
}
writeSync(1, `slowest ${Math.round(slowest)}\n`);
