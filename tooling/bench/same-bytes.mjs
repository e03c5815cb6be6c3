// Embeds the same proteins with the same weights by several counts of workers, threads and tokens a batch, and tells which
// results are the same bytes, and how fast each was:
// node tooling/bench/same-bytes.mjs [--shapes 8M,150M] [--proteins 100] [--precision fp32] [--folder DIR]
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { show, timed } from './measure.mjs';
import { proteins } from './proteins.mjs';
import { writePublished } from './published-shape.mjs';
import { scratch } from './scratch.mjs';

const { values } = parseArgs({
  options: {
    shapes: { type: 'string', default: '8M,150M' },
    proteins: { type: 'string', default: '100' },
    precision: { type: 'string', default: 'fp32' },
    folder: { type: 'string', default: tmpdir() },
  },
});
const { folder, run } = scratch(values.folder);
// Nothing of a bench stays, nor does it find what others left.
process.env['HOLDFAST_CACHE'] = join(folder, 'cache');
const command = fileURLToPath(new URL('../../apps/runner/bin/holdfast.js', import.meta.url));
const sequences = proteins(Number(values.proteins));
const tokens = sequences.reduce((sum, { length }) => sum + length + 2, 0);
const fasta = join(folder, 'proteins.fa');
writeFileSync(fasta, sequences.map((each, i) => `>p${i}\n${each}\n`).join(''));
const cores = availableParallelism();

/** Workers, threads of each, and tokens a batch. */
const SETTINGS = [
  [cores, 1, 512],
  [1, cores, 512],
  [1, 1, 512],
  [1, 2 * cores, 512],
  [cores, 1, 64],
  [cores, 1, 8192],
];

for (const shape of values.shapes.split(',')) {
  const model = join(folder, shape);
  writePublished(model, shape);
  const groups = new Map();
  for (const [workers, threads, batch] of [SETTINGS[0], ...SETTINGS]) {
    const out = join(folder, 'out');
    rmSync(out, { recursive: true, force: true });
    const given = { workers, threads, 'batch-tokens': batch, precision: values.precision, model, out };
    const options = Object.entries(given).flatMap(([name, value]) => [`--${name}`, `${value}`]);
    const seconds = await timed(() => run(command, 'embed', fasta, ...options));
    const bytes = readFileSync(join(out, 'embeddings.safetensors'));
    const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
    const what = `${workers} workers × ${threads} threads, ${batch} tokens a batch`;
    // The first run fills the caches.
    if (!groups.has(digest)) groups.set(digest, new Set());
    groups.get(digest).add(what);
    console.log(
      `${shape}, ${what}: ${digest}, ${Math.round(tokens / seconds)} tokens/s (${show(seconds)} s)`,
    );
  }
  console.log(`${shape}: ${groups.size === 1 ? 'all the same bytes' : `${groups.size} different results`}`);
}
