// What one sequence, shard, checkpoint and row cost a run on a cluster; docs/clusters.md multiplies them.
// node tooling/bench/cluster-costs.mjs [--sequences 500000] [--length 300] [--rows 100000] [--entries 10000,100000,1000000]
//   [--folder DIR]
import { closeSync, cpSync, mkdtempSync, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs';
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
for (const [model, dim] of [
  ['aac', 20],
  ['tnf', 136],
])
  await joining(model, dim);

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

/** The command joins again what was computed, and verifies it. */
async function joining(model, dim) {
  const input = fasta('rows.fa', rows, model === 'aac' ? 'ACDEFGHIKLMNPQRSTVWY' : 'ACGT', 60);
  const out = join(folder, model);
  const holdfast = (...line) => run(at('../../apps/runner/bin/holdfast.js'), ...line);
  const embed = ['embed', input, '--out', out, '--model', model, '--seq-threshold', '10000', '--quiet'];
  await holdfast(...embed);
  const files = (of) => readdirSync(join(out, of), { recursive: true }).length;
  const checkpoints = readdirSync(join(out, 'checkpoints'), { recursive: true }).filter((name) =>
    name.endsWith('.pt'),
  ).length;
  const few = join(folder, 'few');
  // What the command costs without a row to speak of.
  const small = fasta('small.fa', 10, model === 'aac' ? 'ACDEFGHIKLMNPQRSTVWY' : 'ACGT', 60);
  await holdfast('embed', small, '--out', few, '--model', model, '--quiet');
  const again = async (folderOf, line) => {
    const kept = mkdtempSync(join(folder, 'again-'));
    cpSync(folderOf, kept, { recursive: true });
    for (const name of ['result.json', 'embeddings.safetensors', 'ids.txt', 'sequences.tsv'])
      rmSync(join(kept, name));
    const took = await timed(() => holdfast(...line.map((word) => (word === folderOf ? kept : word))));
    rmSync(kept, { recursive: true });
    return took;
  };
  const joined =
    (await again(out, embed)) -
    (await again(few, ['embed', small, '--out', few, '--model', model, '--quiet']));
  const verify = (await timed(() => holdfast('verify', out))) - (await timed(() => holdfast('verify', few)));
  console.log(
    `joining rows of ${dim} numbers: ${show((joined / rows) * 1e6)} µs a row; verifying ${show((verify / rows) * 1e6)} µs a row; ${files('checkpoints')} files and folders below checkpoints/ for ${checkpoints} checkpoints`,
  );
  rmSync(out, { recursive: true });
  rmSync(few, { recursive: true });
}
