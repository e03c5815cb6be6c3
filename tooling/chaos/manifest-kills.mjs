// Many processes record in one manifest, each killed with SIGKILL at random moments and started again, and nothing that was
// acknowledged may be missing, nothing be there twice, and manifest.json be whole whenever one looks.
// usage: node manifest-kills.mjs --out DIR [--processes 16] [--updates 1000] [--kills 100] [--shards 4] [--seed 1]
//
// Standard output: one line of JSON with the verdict. Exit code 0 only if it held.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CheckpointManifest } from '@holdfast/manifest';
import { random } from './random.mjs';

const WRITER = fileURLToPath(new URL('./manifest-writer.mjs', import.meta.url));
const options = { out: { type: 'string' } };
for (const [name, value] of Object.entries({ processes: 16, updates: 1000, kills: 100, shards: 4, seed: 1 }))
  options[name] = { type: 'string', default: String(value) };
const { values } = parseArgs({ options });
const [processes, updates, kills, shards, seed] = ['processes', 'updates', 'kills', 'shards', 'seed'].map(
  (name) => Number(values[name]),
);
const next = random(seed);
mkdirSync(values.out, { recursive: true });
const path = join(values.out, 'manifest.json');
const manifest = new CheckpointManifest(path);
await manifest.initialize(shards);
const found = { deaths: 0, own: 0, looks: 0, lost: 0, twice: 0, slowest: 0, errors: [] };
let living = processes;

/** How many deaths each process has before it, and at which of its acknowledgements those from outside come. */
const deaths = Array.from({ length: processes }, () => 0);
for (let i = 0; i < kills; i++) deaths[Math.floor(next() * processes)]++;

/** One process after another at the same work, until it is done. */
async function work(worker) {
  const base = worker * updates;
  let acknowledged = base;
  while (acknowledged < base + updates) {
    const left = deaths[worker]--;
    const bySelf = left > 0 && next() < 0.5;
    const args = [WRITER, path, worker % shards, acknowledged, base + updates].map(String);
    if (bySelf) args.push('--dies', String(Math.floor(next() * 2 ** 31)));
    const due = acknowledged + Math.floor((next() * updates) / (left + 1));
    const wait = next() * 3;
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let timer;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [what, number] = line.split(' ');
      if (what === 'slowest') found.slowest = Math.max(found.slowest, Number(number));
      else acknowledged = Number(number) + 1;
      if (left > 0 && !bySelf && acknowledged > due) timer ??= setTimeout(() => child.kill('SIGKILL'), wait);
    });
    createInterface({ input: child.stderr }).on('line', (line) => found.errors.push(line));
    const [code, signal] = await once(child, 'close');
    clearTimeout(timer);
    if (signal === 'SIGKILL') {
      found.deaths++;
      if (bySelf) found.own++;
      await check(worker, base, acknowledged);
    } else if (code !== 0) break;
  }
  living--;
}

/** What is recorded of the work of one, of which so much was acknowledged. */
async function check(worker, base, acknowledged) {
  const { checkpoints, total_sequences } = await manifest.getShardState(worker % shards);
  const numbers = new Set(checkpoints.map(({ batch_idx }) => batch_idx));
  if (numbers.size !== checkpoints.length || total_sequences !== 10 * numbers.size) found.twice++;
  for (let batch = base; batch < acknowledged; batch++) if (!numbers.has(batch)) found.lost++;
}

/** As jq would. */
async function look() {
  while (living > 0) {
    JSON.parse(readFileSync(path, 'utf8'));
    found.looks++;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

await Promise.all([...Array.from({ length: processes }, (_, worker) => work(worker)), look()]);
for (let worker = 0; worker < processes; worker++)
  await check(worker, worker * updates, (worker + 1) * updates);
const { total_checkpoints } = await new CheckpointManifest(path).getGlobalProgress();
const held =
  found.lost + found.twice + found.errors.length === 0 && total_checkpoints === processes * updates;
console.log(
  JSON.stringify({
    processes,
    updates,
    ...found,
    recorded: total_checkpoints,
    verdict: held ? 'held' : 'BROKEN',
  }),
);
process.exitCode = held ? 0 : 1;
