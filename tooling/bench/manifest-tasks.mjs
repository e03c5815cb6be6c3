// Many tasks, each a process of its own, share one manifest as those of a cluster do: each claims shards one by one, records
// checkpoints and completes them, as fast as it can. Some are killed, and their shards taken over.
// node tooling/bench/manifest-tasks.mjs [--tasks 200] [--shards 400] [--checkpoints 5] [--kills 10] [--folder DIR]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { constants, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { show, timed } from './measure.mjs';

const packageUrl = new URL('../../packages/manifest/dist/index.js', import.meta.url).href;
const { CheckpointManifest } = await import(packageUrl);
const { values } = parseArgs({
  options: {
    tasks: { type: 'string', default: '200' },
    shards: { type: 'string', default: '400' },
    checkpoints: { type: 'string', default: '5' },
    kills: { type: 'string', default: '10' },
    folder: { type: 'string', default: tmpdir() },
  },
});
const [tasks, shards, checkpoints, kills] = [
  values.tasks,
  values.shards,
  values.checkpoints,
  values.kills,
].map(Number);
const folder = mkdtempSync(join(values.folder, 'bench-'));
const children = new Set();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => process.exit(128 + constants.signals[signal]));
const path = join(folder, 'manifest.json');
const script = fileURLToPath(new URL('manifest-task.mjs', import.meta.url));

/** Everything that tasks said, and the names of those that were killed. */
const completed = [];
const ends = [];
const gone = [];
let failed = null;

/** Kills are spread over the first half of the run. */
const isKillDue = () => gone.length < Math.min(kills, Math.floor((2 * kills * completed.length) / shards));

class Task {
  constructor(name, from) {
    this.name = name;
    this.child = spawn(process.execPath, [script, path, name, checkpoints, from].map(String), {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.add(this.child);
    // A task that just ended hears nothing more.
    this.child.stdin.on('error', () => undefined);
    this.ready = new Promise((resolve) => {
      createInterface({ input: this.child.stdout }).on('line', (line) => {
        const said = JSON.parse(line);
        if (said === 'ready') resolve();
        else if (said.waits) ends.push(said);
        else if (said.claimed === undefined) this.completed(said);
        else if (isKillDue()) this.kill();
      });
    });
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      if (code !== 0 && signal !== 'SIGKILL') failed = new Error(`${name} ended with ${code ?? signal}`);
    });
  }

  completed({ rank, attempt, stale }) {
    if (stale) failed = new Error(`${this.name} lost shard ${rank}, though it is alive`);
    completed.push({ rank, attempt });
  }

  kill() {
    if (this.killed) return;
    this.killed = true;
    gone.push(this.name);
    this.child.kill('SIGKILL');
    replaced.push(this.ended.then(() => replace(this.name)));
  }
}

const replaced = [];
/** Starts a task in the place of a killed one. */
async function replace(name) {
  const task = new Task(`${name}-again`, 0);
  await task.ready;
  task.child.stdin.write('go\n');
  await task.ended;
}

await new CheckpointManifest(path).initialize(shards);
const first = [];
for (let i = 0; i < tasks; i++) {
  first.push(new Task(`task_${i}`, Math.floor((i * shards) / tasks)));
  // A few at a time, so that starting them does not take the machine.
  if (i % 8 === 7) await first.at(-1).ready;
}
await Promise.all(first.map(({ ready }) => ready));
console.log(
  `${tasks} tasks, ${shards} shards of ${checkpoints} checkpoints, ${kills} kills, Node ${process.version}, load ${loadavg()[0].toFixed(2)}`,
);
const took = await timed(async () => {
  for (const { child } of first) child.stdin.write('go\n');
  await Promise.all(first.map(({ ended }) => ended));
  while (replaced.length > 0) await replaced.pop();
});
if (failed !== null) throw failed;

const state = await new CheckpointManifest(path).load();
const by = new Map(completed.map(({ rank, attempt }) => [rank, attempt]));
if (by.size !== completed.length) throw new Error('a shard was completed by two tasks');
for (let rank = 0; rank < shards; rank++) {
  const { status, lease, checkpoints: recorded } = state.shards[rank];
  if (status !== 'complete') throw new Error(`shard ${rank} is ${status}`);
  const found = recorded.map(({ batch_idx }) => batch_idx).join();
  if (found !== Array.from({ length: checkpoints }, (_, i) => i).join())
    throw new Error(`shard ${rank} has the checkpoints ${found}`);
  // Its completion may have been recorded by a task that was killed before it could say so.
  const said = by.get(rank);
  if (said === undefined ? !gone.includes(lease.owner) : said !== lease.attempt)
    throw new Error(`shard ${rank} belongs to attempt ${lease.attempt}, not ${said}`);
}
const takenOver = Object.values(state.shards).filter(({ lease }) => lease.attempt > 1).length;
if (takenOver > gone.length) throw new Error(`${takenOver} shards were taken over from ${gone.length} tasks`);

const waits = ends.flatMap((end) => end.waits).sort((a, b) => a - b);
const part = (share) => show(waits[Math.min(waits.length - 1, Math.floor(waits.length * share))]);
console.log(`${show(state.revision / took)} updates/s: ${state.revision} in ${show(took)} s`);
console.log(`an update waits ${part(0.5)} ms (median), ${part(0.99)} ms (99 %), ${part(1)} ms (longest)`);
console.log(
  `nothing lost: all ${shards * checkpoints} checkpoints are recorded, each shard was completed once; ${takenOver} shards of ${gone.length} killed tasks were taken over`,
);
console.log(`manifest.json: ${show(statSync(path).size / shards)} bytes a shard with its checkpoints`);
