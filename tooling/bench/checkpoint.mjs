// Measures @holdfast/checkpoint against bare copies, plain writes and the original's resume, in one run:
// node tooling/bench/checkpoint.mjs [--rows 10000] [--dim 2560] [--rounds 9] [--many 10000] [--folder DIR]
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { comparing, median, show, timed } from './measure.mjs';
import { startRival } from './rival.mjs';

const packageUrl = new URL('../../packages/checkpoint/dist/index.js', import.meta.url).href;
const { AsyncCheckpointWriter, checkpointName, markerPath, resumeFromCheckpoints, writeCheckpoint } =
  await import(packageUrl);
const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '10000' },
    dim: { type: 'string', default: '2560' },
    rounds: { type: 'string', default: '9' },
    many: { type: 'string', default: '10000' },
    folder: { type: 'string', default: tmpdir() },
  },
});
const [rows, dim, rounds, many] = [values.rows, values.dim, values.rounds, values.many].map(Number);
const folder = mkdtempSync(join(values.folder, 'bench-'));
const at = (name) => join(folder, name);
const compare = comparing(rounds);

const embeddings = {
  data: Float32Array.from({ length: rows * dim }, (_, i) => Math.sin(i)),
  shape: [rows, dim],
};
const ids = Array.from({ length: rows }, (_, i) => `sequence_${i}`);
/** Checkpoints that follow each other, as in a run. */
const SERIES = 4;
const paths = Array.from({ length: SERIES }, (_, i) => at(checkpointName(i)));
const [path] = paths;
const writer = new AsyncCheckpointWriter({ maxPendingBytes: 2 ** 31 });

function gone() {
  for (const one of paths) for (const name of [one, markerPath(one)]) rmSync(name, { force: true });
}

/** Seconds until the caller has its buffer back; the disk is waited for outside of them. */
async function stall() {
  gone();
  const took = await timed(() => writer.writeCheckpointAsync(path, embeddings, ids, { shard: 1 }));
  await writer.waitAll();
  return took;
}

/** Seconds from the first call until the last of so many is on disk. */
async function endToEnd(count) {
  gone();
  return timed(async () => {
    for (const one of paths.slice(0, count))
      await writer.writeCheckpointAsync(one, embeddings, ids, { shard: 1 });
    await writer.waitAll();
  });
}

/** The caller's event loop while a checkpoint is written, from acceptance on, in milliseconds: the 99th of 100 delays. */
async function loopDelay() {
  const found = [];
  for (let round = 0; round < rounds; round++) {
    gone();
    await writer.writeCheckpointAsync(path, embeddings, ids, { shard: 1 });
    // A new one each time: what lies between two rounds is no delay.
    const delays = monitorEventLoopDelay({ resolution: 1 });
    delays.enable();
    await writer.waitAll();
    delays.disable();
    found.push(delays.percentile(99) / 1e6);
  }
  const verdict = median(found) <= 5 ? 'met' : 'NOT met';
  console.log(
    `event-loop delay while a checkpoint is written, p99: ${show(median(found))} ms (${show(Math.min(...found))} to ${show(Math.max(...found))}); wanted 5: ${verdict}`,
  );
}

async function plainWrites(bytes, count) {
  for (let i = 0; i < SERIES; i++) rmSync(at(`plain${i}`), { force: true });
  return timed(async () => {
    for (let i = 0; i < count; i++) {
      const file = await open(at(`plain${i}`), 'w');
      for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done)).bytesWritten;
      await file.sync();
      await file.close();
    }
  });
}

/** Six checkpoints resumed, each side its own files, and the other's. */
async function resumeBesideTheOriginal(torch) {
  const [own, original] = [at('own'), at('original')];
  for (const name of [own, original]) mkdirSync(name);
  for (let i = 0; i < 6; i++)
    await writeCheckpoint(join(own, checkpointName(i)), embeddings, ids, { shard: 1 });
  await torch.ask('write_original', original, 6, rows, dim);
  const ours = (files) => () =>
    timed(async () => {
      const [found, matrix] = await resumeFromCheckpoints(files);
      if (found.length !== 6 * rows || matrix.shape[0] !== 6 * rows) throw new Error('short');
    });
  const theirs = (files) => async () => (await torch.ask('resume', files)).seconds;
  const few = comparing(Math.min(rounds, 3));
  await few('resume of six checkpoints, against the original, each its own', 5, ours(own), theirs(original));
  await few('the same, both the files of ours', null, ours(own), theirs(own));
  await few('the same, both the files of the original', null, ours(original), theirs(original));
  for (const name of [own, original]) rmSync(name, { recursive: true });
}

/** Many small checkpoints: the time of a tenth, a half and all of them, and the memory of all. */
async function resumeMany() {
  const script = fileURLToPath(new URL('./resume-many.mjs', import.meta.url));
  const counts = [0.1, 0.5, 1].map((share) => Math.round(many * share));
  const small = { data: new Float32Array(32 * 16), shape: [32, 16] };
  const shard = at('many');
  mkdirSync(shard);
  const each = [];
  let index = 0;
  let highest = 0;
  for (const count of counts) {
    for (; index < count; index++)
      await writeCheckpoint(
        join(shard, checkpointName(index)),
        small,
        ids.slice(0, 32).concat(ids).slice(0, 32),
        {},
      );
    const runs = Array.from({ length: 3 }, () =>
      JSON.parse(execFileSync(process.execPath, [script, packageUrl, shard], { encoding: 'utf8' })),
    );
    if (runs.some((run) => run.rows !== 32 * count)) throw new Error('short');
    each.push(median(runs.map(({ ms }) => ms)) / count);
    highest = Math.max(...runs.map(({ rss }) => rss / 2 ** 20));
  }
  const linear = each.at(-1) <= 1.3 * each[0];
  console.log(
    `resume of ${counts.join(', ')} checkpoints: ${each.map(show).join(', ')} ms each; wanted no more each: ${linear ? 'met' : 'NOT met'}`,
  );
  console.log(`memory of the last: ${show(highest)} MiB; wanted < 200: ${highest < 200 ? 'met' : 'NOT met'}`);
}

try {
  console.log(
    `${rows} x ${dim} float32, medians of ${rounds} rounds by turns, load ${loadavg()[0].toFixed(1)}`,
  );
  const reused = new Float32Array(embeddings.data.length);
  const copy = () => timed(() => reused.set(embeddings.data));
  await compare('stall of the caller, against a bare copy into a reused buffer', 1 / 1.3, stall, copy);
  await loopDelay();
  await endToEnd(1);
  const bytes = readFileSync(path);
  for (const count of [1, SERIES])
    await compare(
      `end to end, ${count} in a row, copies included, against write and fsync of the same bytes`,
      0.9,
      () => endToEnd(count),
      () => plainWrites(bytes, count),
    );
  await writer.shutdown();
  gone();
  const torch = await startRival();
  if (torch) await resumeBesideTheOriginal(torch);
  else console.log('LEFT OUT: real PyTorch is not on this machine (Debian: python3-torch)');
  torch?.end();
  await resumeMany();
} finally {
  rmSync(folder, { recursive: true });
}
