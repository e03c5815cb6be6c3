// Measures @holdfast/manifest against a manifest that is loaded and written anew for each update, in one run:
// node tooling/bench/manifest.mjs [--rounds 5] [--updates 200] [--large 100000] [--folder DIR]
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { comparing, median, show, timed } from './measure.mjs';

const packageUrl = new URL('../../packages/manifest/dist/index.js', import.meta.url).href;
const { CheckpointManifest } = await import(packageUrl);
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    updates: { type: 'string', default: '200' },
    large: { type: 'string', default: '100000' },
    folder: { type: 'string', default: tmpdir() },
  },
});
const [rounds, updates, large] = [values.rounds, values.updates, values.large].map(Number);
const folder = mkdtempSync(join(values.folder, 'bench-'));
const SHARDS = 4;
/** Checkpoints in the list at the beginning. */
const LISTED = 1000;
const at = (name) => fileURLToPath(new URL(name, import.meta.url));
let made = 0;
const fresh = () => join(mkdtempSync(join(folder, 'm-')), `manifest${made++}.json`);
const fileOf = (batch) => `batch_${String(batch).padStart(5, '0')}.pt`;
const found = (count) =>
  Array.from({ length: count }, (_, checkpoint) => ({
    checkpoint,
    numSequences: 10,
    file: fileOf(checkpoint),
  }));

/** A manifest of ours with so many checkpoints. */
async function withCheckpoints(count, fsync) {
  const manifest = new CheckpointManifest(fresh(), { fsync });
  await manifest.initialize(SHARDS);
  for (let rank = 0; rank < SHARDS; rank++) await manifest.reconcileShard(rank, found(count / SHARDS));
  return manifest;
}

/** Seconds for four processes, all begun and waiting, to make their updates. */
async function four(command, script, path, count, fsync, more = []) {
  const children = Array.from({ length: SHARDS }, (_, rank) => {
    const update = script.endsWith('.py') ? ['update'] : [];
    const args = [script, ...update, path, rank, LISTED / SHARDS, count, fsync ? 1 : 0, ...more].map(String);
    return spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  });
  const lines = children.map((child) => createInterface({ input: child.stdout })[Symbol.asyncIterator]());
  await Promise.all(lines.map((each) => each.next()));
  const ends = children.map((child) => once(child, 'close'));
  const took = await timed(async () => {
    for (const child of children) child.stdin.end('go\n');
    const said = await Promise.all(lines.map((each) => each.next()));
    if (said.some(({ value }) => value !== 'done')) throw new Error('a process failed');
  });
  await Promise.all(ends);
  return took;
}

async function ours(fsync) {
  const { path } = await withCheckpoints(LISTED, fsync);
  const took = await four(process.execPath, at('manifest-updates.mjs'), path, updates, fsync);
  const { total_checkpoints } = await new CheckpointManifest(path).getGlobalProgress();
  if (total_checkpoints !== LISTED + SHARDS * updates) throw new Error(`only ${total_checkpoints} recorded`);
  return took / updates;
}

async function rival(fsync, ...more) {
  const path = fresh();
  execFileSync('python3', [at('manifest_rival.py'), 'make', path, String(LISTED)]);
  // A tenth of the updates: it takes as long for each, and the list stays near its length.
  const few = Math.ceil(updates / 10);
  return (await four('python3', at('manifest_rival.py'), path, few, fsync, more)) / few;
}

/** Milliseconds of one update by one process, at so many checkpoints. */
async function cost(count, fsync, turns) {
  const manifest = await withCheckpoints(count, fsync);
  const next = count / SHARDS;
  // The first meets cold code.
  await manifest.updateShardCheckpoint(0, next, 10, fileOf(next));
  const took = await timed(async () => {
    for (let batch = next + 1; batch <= next + turns; batch++)
      await manifest.updateShardCheckpoint(0, batch, 10, fileOf(batch));
  });
  rmSync(manifest.path, { force: true });
  return (took * 1000) / turns;
}

async function flat(fsync) {
  const costs = { small: [], large: [], ratios: [] };
  // As many as leave a list of 100 one of about 100.
  for (let round = -1; round < rounds; round++) {
    const [small, big] = [await cost(100, fsync, 50), await cost(large, fsync, 50)];
    if (round < 0) continue;
    costs.small.push(small);
    costs.large.push(big);
    costs.ratios.push(big / small);
  }
  const ratio = median(costs.ratios);
  console.log(
    `one update at 100 checkpoints: ${show(median(costs.small))} ms, at ${large}: ${show(median(costs.large))} ms, ratio ${show(ratio)} (${show(Math.min(...costs.ratios))} to ${show(Math.max(...costs.ratios))}); wanted at most 1.5: ${ratio <= 1.5 ? 'met' : 'NOT met'}`,
  );
}

/** With the writing of manifest.json that comes now and then: from one to the next, beginning at so many checkpoints. */
async function amortised() {
  const manifest = await withCheckpoints(large, false);
  const turns = Math.ceil(large * 1.2);
  const next = large / SHARDS;
  let slowest = 0;
  const took = await timed(async () => {
    for (let batch = next; batch < next + turns; batch++) {
      const one = await timed(() => manifest.updateShardCheckpoint(0, batch, 10, fileOf(batch)));
      slowest = Math.max(slowest, one);
    }
  });
  console.log(
    `${turns} updates from ${large} on, without fsync: ${show((took * 1000) / turns)} ms each, all in; the slowest ${show(slowest * 1000)} ms`,
  );
}

const compare = comparing(rounds);
console.log(
  `${LISTED} checkpoints, ${SHARDS} processes, Node ${process.version}, load ${loadavg()[0].toFixed(2)}; medians of ${rounds} by turns`,
);
for (const fsync of [true, false])
  await compare(
    `one update each by four processes, ${fsync ? 'fsynced' : 'without fsync'}, against lock, load and rewrite`,
    10,
    () => ours(fsync),
    () => rival(fsync),
  );
for (const fsync of [true, false])
  await compare(
    `the same, ${fsync ? 'fsynced' : 'without fsync'}, against one whose text is made by an encoder in C`,
    null,
    () => ours(fsync),
    () => rival(fsync, 'dumps'),
  );
for (const fsync of [true, false]) {
  console.log(fsync ? 'fsynced:' : 'without fsync:');
  await flat(fsync);
}
await amortised();
rmSync(folder, { recursive: true });
