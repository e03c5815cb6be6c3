// Kills real writers of checkpoints with SIGKILL at random moments, and looks at what they leave.
// usage: node checkpoint-kills.mjs --out DIR [--kills 300] [--seed 1]
//
// Exit code 0 only if after every kill a resume finds at least the rows that were acknowledged, each under its ID.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { random } from './random.mjs';
import { resume } from './rows.mjs';

const WRITER = fileURLToPath(new URL('./checkpoint-writer.mjs', import.meta.url));
/** Lives of one folder; then another begins. */
const LIVES = 15;

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    kills: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
  },
});
const next = random(Number(values.seed));
const sum = { kills: 0, beyond: 0, faults: 0, lost: 0, mislabelled: 0 };
let folder = '';
let safe = 0;
for (let life = 0; sum.kills < Number(values.kills) && life < 2 * Number(values.kills); life++) {
  if (life % LIVES === 0) {
    folder = join(values.out, `folder_${life / LIVES}`);
    mkdirSync(folder, { recursive: true });
    safe = 0;
  }
  const seed = String(Math.floor(next() * 2 ** 31));
  const child = spawn(process.execPath, [WRITER, folder, '--seed', seed, '--rows', '2000'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const delay = next() * 120;
  let timer;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [word, rows] = line.split(' ');
    if (word === 'ack') safe = Math.max(safe, Number(rows));
    else timer = setTimeout(() => child.kill('SIGKILL'), delay);
  });
  const [, signal] = await once(child, 'close');
  clearTimeout(timer);
  if (signal === 'SIGKILL') sum.kills++;
  try {
    const { rows, fault } = await resume(folder);
    if (rows < safe) sum.lost += safe - rows;
    if (fault) sum.faults++;
    sum.beyond += Math.max(0, rows - safe);
    safe = rows;
  } catch (error) {
    console.error(error.message);
    sum.mislabelled++;
  }
}
console.log(JSON.stringify({ ...sum, verdict: sum.lost + sum.mislabelled === 0 ? 'held' : 'FAILED' }));
process.exitCode = sum.lost + sum.mislabelled === 0 && sum.kills >= Number(values.kills) ? 0 : 1;
