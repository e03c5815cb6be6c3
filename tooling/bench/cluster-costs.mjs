// What one sequence, shard, checkpoint and row cost a run on a cluster; docs/clusters.md multiplies them.
// node tooling/bench/cluster-costs.mjs [--sequences 500000] [--length 300] [--rows 100000] [--entries 10000,100000,1000000]
//   [--folder DIR]
import { closeSync, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { show, timed } from './measure.mjs';
import { scratch } from './scratch.mjs';

const { values } = parseArgs({
  options: {
    sequences: { type: 'string', default: '500000' },
    length: { type: 'string', default: '300' },
    rows: { type: 'string', default: '100000' },
    entries: { type: 'string', default: '10000,100000,1000000' },
    folder: { type: 'string', default: tmpdir() },
  },
});
const [sequences, length, rows] = [values.sequences, values.length, values.rows].map(Number);
const { folder, run } = scratch(values.folder);
const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const step = async (...line) => JSON.parse(await run(at('cluster-cost.mjs'), ...line.map(String)));
const MIB = 2 ** 20;

let state = 7;
/** Pseudo-random, the same each time. */
const random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};

/** A file of random sequences of about a length. */
function fasta(name, count, letters, about) {
  const path = join(folder, name);
  const file = openSync(path, 'w');
  let text = '';
  for (let i = 0; i < count; i++) {
    text += `>UniRef100_${i}\n`;
    for (let left = Math.round(about * (0.5 + random())); left > 0; left--)
      text += letters[Math.floor(random() * letters.length)];
    text += '\n';
    if (text.length > MIB || i === count - 1) {
      writeSync(file, text);
      text = '';
    }
  }
  closeSync(file);
  return path;
}

console.log(`Node ${process.version}, load ${loadavg()[0].toFixed(2)}`);
await planning();
await manifests();
await joining();

/** From a tenth of the sequences and from all, so that what each costs is told from what a process costs. */
async function planning() {
  const [few, all] = [sequences / 10, sequences].map((count) => ({ count }));
  for (const each of [few, all]) {
    const input = fasta('input.fa', each.count, 'ACDEFGHIKLMNPQRSTVWY', length);
    each.input = statSync(input).size;
    each.index = join(folder, `index${each.count}`);
    Object.assign(each, await step('plan', input, each.index));
    each.opened = await step('open', each.index, 1000);
    rmSync(each.index, { recursive: true });
    rmSync(input);
  }
  const more = all.count - few.count;
  const per = (of) => (of(all) - of(few)) / more;
  console.log(
    `planning: ${show(per(({ seconds }) => seconds) * 1e6)} µs a sequence of about ${length} residues (${show(all.input / all.seconds / 1e6)} MB/s); index ${show(per(({ bytes }) => bytes))} bytes a sequence, of which ${show(per(({ bytes, input }) => bytes - input))} beside the text; memory ${show(per(({ peak }) => peak))} bytes a sequence, ${show(all.peak / MIB)} MiB in all`,
  );
  const { seconds, peak, batches } = all.opened;
  console.log(
    `opening the index, once a task: ${show(seconds * 1000)} ms and ${show(peak / MIB)} MiB with ${all.count} sequences in ${batches} batches`,
  );
}

/** Ten checkpoints a shard. */
async function manifests() {
  for (const entries of values.entries.split(',').map(Number)) {
    const facts = await step('manifest', join(folder, 'manifest.json'), entries / 10, 10);
    console.log(
      `manifest of ${entries / 10} shards with 10 checkpoints each: ${show(facts.bytes / entries)} bytes a checkpoint, ${show(facts.bytes / MIB)} MiB; first read ${show(facts.load)} s, looking for a shard ${show(facts.copy * 1000)} ms, a claim ${show(facts.claim * 1000)} ms, an update ${show(facts.update * 1000)} ms; memory ${show(facts.peak / MIB)} MiB`,
    );
  }
}

/** What joining and verifying cost a row and a byte of it: from runs with narrow and with wide rows. */
async function joining() {
  const input = fasta('rows.fa', rows, 'ACGT', 60);
  const few = fasta('few.fa', 10, 'ACGT', 60);
  const narrow = await joinedRun(input, 16);
  const wide = await joinedRun(input, 1280);
  const bare = await joinedRun(few, 16);
  const costs = (of) => {
    const byte = (of(wide) - of(narrow)) / (rows * 4 * (1280 - 16));
    const row = (of(narrow) - of(bare)) / rows - byte * 4 * 16;
    return `${show(row * 1e6)} µs a row and ${show(byte * 1e9)} ns a byte of it`;
  };
  console.log(
    `joining: ${costs(({ join: took }) => took)}; a row of 1280 numbers ${show(((wide.join - bare.join) / rows) * 1e6)} µs, ${show(wide.peak / MIB)} MiB of memory`,
  );
  console.log(
    `verifying: ${costs(({ verify }) => verify)}; a row of 1280 numbers ${show(((wide.verify - bare.verify) / rows) * 1e6)} µs`,
  );
  console.log(
    `${wide.files} files and folders below checkpoints/ for ${wide.checkpoints} checkpoints in ${wide.shards} shards`,
  );
}

/** Seconds to join a run that is computed, and to verify it. */
async function joinedRun(input, dim) {
  const [model, out] = ['model', 'out'].map((name) => join(folder, name));
  await run(at('make-wide.mjs'), model, String(dim));
  const embed = ['embed', input, '--out', out, '--model', model, '--batch-tokens', '65536', '--quiet'];
  const holdfast = (...line) => run('-r', at('peak.cjs'), at('../../apps/runner/bin/holdfast.js'), ...line);
  await holdfast(...embed);
  for (const name of ['result.json', 'embeddings.safetensors', 'ids.txt', 'sequences.tsv'])
    rmSync(join(out, name));
  let said = '';
  const joined = await timed(async () => {
    said = await holdfast(...embed);
  });
  const verify = await timed(() => holdfast('verify', out));
  const names = readdirSync(join(out, 'checkpoints'), { recursive: true });
  const facts = {
    join: joined,
    verify,
    peak: Number(/peak (\d+)/.exec(said)[1]) * 1024,
    files: names.length,
    checkpoints: names.filter((name) => name.endsWith('.pt')).length,
    shards: names.filter((name) => /^shard_\d+$/.test(name)).length,
  };
  rmSync(out, { recursive: true });
  rmSync(model, { recursive: true });
  return facts;
}
