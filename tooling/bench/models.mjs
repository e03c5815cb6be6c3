// Embeds the same proteins with the same weights, in one run: the whole command in fp32 and int8, PyTorch, and the usual ONNX
// export in a bare loop. Both rivals get their best of three batch sizes; their start is not counted, ours is.
// --every N lets the rivals choose that size on every Nth protein by length, and then embeds them all once (large models take hours):
// node tooling/bench/models.mjs [--shapes 8M,35M,150M] [--proteins 500] [--every 1] [--rivals eager,sdpa,export] [--python PATH]
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { show, timed } from './measure.mjs';
import { proteins } from './proteins.mjs';
import { writePublished } from './published-shape.mjs';
import { startRival } from './rival.mjs';
import { scratch } from './scratch.mjs';

const { values } = parseArgs({
  options: {
    shapes: { type: 'string', default: '8M,35M,150M' },
    proteins: { type: 'string', default: '500' },
    every: { type: 'string', default: '1' },
    rivals: { type: 'string', default: 'eager,sdpa,export' },
    python: { type: 'string', default: '/usr/bin/python3' },
    folder: { type: 'string', default: tmpdir() },
  },
});
/** Sequences a batch that the rivals try. */
const SIZES = [1, 8, 32];
const { folder, run } = scratch(values.folder);
// Nothing of a bench stays, nor does it find what others left.
process.env['HOLDFAST_CACHE'] = join(folder, 'cache');
const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const threads = availableParallelism();

const sequences = proteins(Number(values.proteins));
const fasta = join(folder, 'proteins.fa');
writeFileSync(fasta, sequences.map((each, i) => `>p${i}\n${each}\n`).join(''));
const tokens = sequences.reduce((sum, { length }) => sum + length + 2, 0);
const every = Number(values.every);
const sample = join(folder, 'sample.fa');
const byLength = sequences.toSorted((a, b) => a.length - b.length);
writeFileSync(
  sample,
  byLength
    .filter((_, i) => i % every === 0)
    .map((each, i) => `>s${i}\n${each}\n`)
    .join(''),
);
const rivals = values.rivals.split(',');

/** Seconds of the whole command, and its first row. */
async function ours(model, ...more) {
  const out = join(folder, 'out');
  rmSync(out, { recursive: true, force: true });
  const line = ['embed', fasta, '--out', out, '--model', model, ...more];
  const seconds = await timed(() => run(at('../../apps/runner/bin/holdfast.js'), ...line));
  const bytes = readFileSync(join(out, 'embeddings.safetensors'));
  const head = 8 + Number(bytes.readBigUInt64LE());
  const { shape } = JSON.parse(bytes.toString('utf8', 8, head)).embeddings;
  return { seconds, first: Array.from({ length: shape[1] }, (_, i) => bytes.readFloatLE(head + 4 * i)) };
}

/** The best batch size, chosen on the sample, and its seconds for all proteins. @param times seconds of (proteins, size). */
async function best(times) {
  const all = [];
  for (const size of SIZES) all.push({ size, seconds: await times(sample, size) });
  const { size, seconds } = all.reduce((a, b) => (a.seconds <= b.seconds ? a : b));
  return { size, seconds: every === 1 ? seconds : await times(fasta, size) };
}

const cosine = (a, b) => {
  const dot = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
};

const rival = await startRival('./models_rival.py', values.python);
console.log(
  rival === null
    ? `left out: ${values.python} has no PyTorch with transformers`
    : `${sequences.length} proteins, ${tokens} tokens; PyTorch ${rival.version.torch}, transformers ${rival.version.transformers}; ${threads} threads`,
);
for (const size of values.shapes.split(',')) {
  const model = join(folder, size);
  writePublished(model, size);
  // The first run fills the caches, as on a machine that has run before.
  writeFileSync(join(folder, 'one.fa'), `>p0\n${sequences[0]}\n`);
  const command = at('../../apps/runner/bin/holdfast.js');
  await run(command, 'embed', join(folder, 'one.fa'), '--out', join(folder, 'first'), '--model', model);
  rmSync(join(folder, 'first'), { recursive: true });
  const fp32 = await ours(model);
  const rate = (seconds) => Math.round(tokens / seconds);
  const line = (what, seconds, wanted, against) => {
    const ratio = against / seconds;
    const verdict = wanted === null ? '' : `; wanted ${show(wanted)}: ${ratio >= wanted ? 'met' : 'NOT met'}`;
    console.log(`${size}, ${what}: ratio ${show(ratio)}${verdict}`);
  };
  console.log(`${size}, fp32: ${rate(fp32.seconds)} tokens/s (load ${show(loadavg()[0])})`);
  let int8 = null;
  try {
    int8 = await ours(model, '--precision', 'int8');
    console.log(
      `${size}, int8: ${rate(int8.seconds)} tokens/s, its comparison included; cosine of the first row ${cosine(int8.first, fp32.first).toFixed(5)}`,
    );
  } catch (error) {
    console.log(`${size}, int8: ${error.message.slice(-300)}`);
  }
  if (rival === null) continue;
  /** Single operators, as fair-esm's own forward has them, and the fused attention of newer versions. */
  const torch = {};
  for (const attention of ['eager', 'sdpa'].filter((each) => rivals.includes(each))) {
    await rival.ask('load', model, threads, attention);
    const found = await best(async (path, batch) => (await rival.ask('embed', path, batch)).seconds);
    const { first } = await rival.ask('embed', join(folder, 'one.fa'), 1);
    const off = Math.max(...first.map((value, i) => Math.abs(value - fp32.first[i])));
    console.log(
      `${size}, PyTorch (${attention}): ${rate(found.seconds)} tokens/s at ${found.size} a batch; largest difference of the first row ${show(off)}`,
    );
    torch[attention] = found.seconds;
  }
  if (torch.eager !== undefined) line('fp32 against PyTorch (eager)', fp32.seconds, 3, torch.eager);
  if (torch.sdpa !== undefined) line('fp32 against PyTorch (sdpa)', fp32.seconds, null, torch.sdpa);
  if (int8 !== null && torch.eager !== undefined)
    line('int8 against PyTorch (eager)', int8.seconds, 5, torch.eager);
  if (!rivals.includes('export')) continue;
  const graph = join(folder, `${size}.onnx`);
  await rival.ask('export', graph);
  const exported = await best(async (path, batch) =>
    Number(
      await run(at('./bare-export.mjs'), graph, join(model, 'vocab.txt'), path, `${batch}`, `${threads}`),
    ),
  );
  console.log(`${size}, usual export: ${rate(exported.seconds)} tokens/s at ${exported.size} a batch`);
  line('fp32 against the usual export', fp32.seconds, 1.5, exported.seconds);
}
rival?.end();
