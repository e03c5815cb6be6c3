// Measures the whole command, in one run: against bare calls of the same model on the same batches, against a plain counter
// of k-mers, and with checkpoints against without:
// node tooling/bench/embed.mjs [--rounds 3] [--proteins 20000] [--reads 100000] [--folder DIR]
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { comparing, show, timed } from './measure.mjs';
import { scratch } from './scratch.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    proteins: { type: 'string', default: '20000' },
    reads: { type: 'string', default: '100000' },
    folder: { type: 'string', default: tmpdir() },
  },
});
const [rounds, proteins, reads] = [values.rounds, values.proteins, values.reads].map(Number);
const { folder, run } = scratch(values.folder);
const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const MODEL = at('../../packages/gpu-runtime/test/fixtures/tiny_esm2');
const out = join(folder, 'out');

/** Pseudo-random numbers in [0, 1), the same each time. */
let state = 7;
const random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const sequence = (letters, length) => {
  let text = '';
  for (let i = 0; i < length; i++) text += letters[Math.floor(random() * letters.length)];
  return text;
};

/** Lengths as of proteins: log-normal, about 300. */
const proteinFile = join(folder, 'proteins.fa');
writeFileSync(
  proteinFile,
  Array.from({ length: proteins }, (_, i) => {
    const length = Math.min(2000, Math.max(20, Math.round(300 * Math.exp(0.6 * normal()))));
    return `>p${i}\n${sequence('ACDEFGHIKLMNPQRSTVWY', length)}\n`;
  }).join(''),
);
const readFile = join(folder, 'reads.fa');
writeFileSync(
  readFile,
  Array.from({ length: reads }, (_, i) => `>r${i}\n${sequence('ACGT', 500)}\n`).join(''),
);

/** Seconds of the command from nothing to the result; what it told of the plan. */
let planned;
async function command(input, ...more) {
  rmSync(out, { recursive: true, force: true });
  let said = '';
  const took = await timed(async () => {
    const line = [
      at('../../apps/runner/bin/holdfast.js'),
      'embed',
      '--progress',
      'json',
      input,
      '--out',
      out,
      '--workers',
      '1',
      '--threads',
      '1',
      ...more,
    ];
    said = await run(...line);
  });
  planned = said
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .find(({ event }) => event === 'planned');
  return took;
}

const esm = ['--model', MODEL];
/** A shard ends with a checkpoint in any case, so that only those within one tell what they cost. */
const oneShard = ['--shards', '1'];
const never = ['--seq-threshold', '1000000000', '--time-threshold', '1000000000'];
const compare = comparing(rounds);
console.log(
  `${proteins} proteins, ${reads} reads of 500, one worker of one thread, Node ${process.version}, load ${loadavg()[0].toFixed(2)}; medians of ${rounds} by turns`,
);
await command(proteinFile, ...esm);
const kept = join(folder, 'kept');
cpSync(out, kept, { recursive: true });
const { padding_share, padded_tokens } = planned;
let tokens = 0;
await compare(
  'the whole command on the tiny ESM-2, against bare calls on the same batches',
  0.95,
  () => command(proteinFile, ...esm),
  async () => {
    const report = JSON.parse(await run(at('bare-sessions.mjs'), kept, MODEL));
    tokens = report.tokens;
    return report.seconds;
  },
);
const took = await command(proteinFile, ...esm);
console.log(
  `${show(tokens / took)} tokens/s from nothing to the result; ${padded_tokens} tokens with padding, ${(padding_share * 100).toFixed(1)}% of them padding`,
);
await compare(
  'checkpoints at the default thresholds, against none before the end',
  0.99,
  () => command(proteinFile, ...esm, ...oneShard),
  () => command(proteinFile, ...esm, ...oneShard, ...never),
);
const counted = join(folder, 'counted');
await compare(
  'the built-in DNA model from nothing to the result, against a plain counter of k-mers',
  1,
  () => command(readFile),
  () => timed(() => run(at('kmer-counter.mjs'), readFile, counted)),
);
const rows = readFileSync(counted);
const result = readFileSync(join(out, 'embeddings.safetensors')).subarray(-rows.length);
if (!rows.equals(result)) throw new Error('the counter counts otherwise');
