// Resumes a folder of checkpoints and writes on, until it is killed or has written so many.
// usage: node checkpoint-writer.mjs FOLDER [--count 40] [--seed 1] [--rows 400]
//
// Standard output, each line written before anything else happens: `start`, then `ack N` when N rows were acknowledged by
// waitAll(). A write that fails is told on standard error, as `failed CODE`, and tried again until the next one succeeds.
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AsyncCheckpointWriter, checkpointName, setAside } from '@holdfast/checkpoint';
import { random } from './random.mjs';
import { idOf, resume, rowsOf } from './rows.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
    rows: { type: 'string', default: '400' },
  },
});
const [folder] = positionals;
const next = random(Number(values.seed));
const found = await resume(folder);
writeSync(1, 'start\n');
const writer = new AsyncCheckpointWriter();
let { rows, next: index } = found;
const end = index + Number(values.count);

async function acknowledge() {
  await writer.waitAll();
  acknowledged = { rows, index };
  writeSync(1, `ack ${rows}\n`);
}

let acknowledged = { rows, index };
for (let failures = 0; acknowledged.index < end; ) {
  try {
    // From the last that is sure: what lies behind a failed one is written anew.
    ({ rows, index } = acknowledged);
    await setAside(folder, index);
    while (index < end) {
      const count = 1 + Math.floor(next() * Number(values.rows));
      const ids = Array.from({ length: count }, (_, i) => idOf(rows + i));
      await writer.writeCheckpointAsync(join(folder, checkpointName(index)), rowsOf(rows, count), ids, {
        index,
      });
      rows += count;
      index++;
      if (next() < 0.5) await acknowledge();
    }
    await acknowledge();
  } catch (error) {
    for (const { cause } of error.errors ?? [{ cause: error }]) writeSync(2, `failed ${cause.code}\n`);
    if (++failures > 5) process.exit(3);
    await writer.waitAll().catch(() => undefined);
  }
}
await writer.shutdown();
