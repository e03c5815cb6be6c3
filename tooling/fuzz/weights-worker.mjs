import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAll } from './drive.mjs';
import { Random } from './random.mjs';
import { weightsMutation } from './weights-mutate.mjs';
import { attemptModel } from './weights-try.mjs';

// Runs mutations FROM to TO of a seed on the two packages; tells its parent of each hundred, and of a finding.
const [zooUrl, runtimeUrl, fixtures, seed, from, to] = process.argv.slice(2);
const packages = { zoo: await import(zooUrl), runtime: await import(runtimeUrl) };

/** A model: its folder, the files that may be damaged, and what is opened: the folder, or one file in it. */
const MODELS = [
  {
    folder: 'esm2_tiny_hf',
    files: ['model.safetensors', 'config.json', 'vocab.txt', 'tokenizer_config.json'],
  },
  {
    folder: 'esm2_tiny_hf_sharded_safetensors',
    files: ['model.safetensors.index.json', 'model-00001-of-00002.safetensors'],
  },
  {
    folder: 'esm2_tiny_hf_sharded_bin',
    files: ['pytorch_model.bin.index.json', 'pytorch_model-00001-of-00002.bin'],
  },
  { folder: 'esm1b_t2_tiny', files: ['config.json', 'model.safetensors', 'vocab.txt'] },
  { folder: 'ntv2_tiny', files: ['config.json', 'vocab.txt', 'tokenizer_config.json'] },
  {
    folder: 'dnaberts_tiny',
    files: ['config.json', 'pytorch_model.bin', 'tokenizer.json', 'tokenizer_config.json'],
  },
  { folder: 'prott5_tiny', files: ['config.json', 'spiece.model', 'pytorch_model.bin'] },
  { folder: 'esmc_t2_tiny', files: ['config.json', 'model.safetensors'] },
  { folder: 'protbert_t2_tiny', files: ['config.json', 'vocab.txt', 'model.safetensors'] },
  {
    folder: 'esm2_t2_tiny',
    files: ['esm2_t2_tiny.pt', 'esm2_t2_tiny-contact-regression.pt'],
    open: 'esm2_t2_tiny.pt',
  },
];

const room = mkdtempSync(join(tmpdir(), 'fuzz-weights-'));
process.on('exit', () => rmSync(room, { recursive: true, force: true }));
const models = MODELS.map(({ folder, files, open = '' }) => {
  const at = join(room, folder);
  cpSync(join(fixtures, folder), at, { recursive: true });
  // A folder with both kinds of weights would hide the one that is damaged.
  for (const name of readdirSync(at))
    if (/\.(bin|safetensors|json)$/.test(name) && name === 'expected.json') rmSync(join(at, name));
  return {
    path: join(at, open),
    files: files.map((name) => ({ path: join(at, name), name, bytes: readFileSync(join(at, name)) })),
  };
});
const all = models.flatMap(({ files }) => files.map(({ bytes }) => bytes));

await runAll({
  seed: Number(seed),
  from: Number(from),
  to: Number(to),
  async run(at, seed) {
    const random = new Random(seed, at);
    const model = random.pick(models);
    const file = random.pick(model.files);
    writeFileSync(file.path, weightsMutation(random, file, all));
    try {
      return await attemptModel(packages, model.path, random);
    } finally {
      writeFileSync(file.path, file.bytes);
    }
  },
});
