// Embeds proteins in a bare loop over an exported graph, sorted by length, in padded batches; prints the seconds:
// node tooling/bench/bare-export.mjs MODEL.onnx VOCAB PROTEINS SEQUENCES-A-BATCH THREADS
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

process.env.ORT_DISABLE_TELEMETRY = '1';
const require = createRequire(new URL('../../packages/gpu-runtime/package.json', import.meta.url));
const ort = require('onnxruntime-node');
const [path, vocabulary, fasta, ...counts] = process.argv.slice(2);
const [size, threads] = counts.map(Number);
const ids = new Map(
  readFileSync(vocabulary, 'utf8')
    .split('\n')
    .map((name, i) => [name, BigInt(i)]),
);
const proteins = readFileSync(fasta, 'utf8')
  .split('>')
  .slice(1)
  .map((record) => record.slice(record.indexOf('\n')).replaceAll('\n', ''))
  .sort((a, b) => a.length - b.length);
const session = await ort.InferenceSession.create(path, {
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  enableMemPattern: false,
});
const began = process.hrtime.bigint();
for (let at = 0; at < proteins.length; at += size) {
  const batch = proteins.slice(at, at + size);
  const longest = batch.at(-1).length + 2;
  const tokens = new BigInt64Array(batch.length * longest).fill(1n);
  const mask = new BigInt64Array(tokens.length);
  batch.forEach((protein, row) => {
    tokens.set([0n, ...Array.from(protein, (letter) => ids.get(letter)), 2n], row * longest);
    mask.fill(1n, row * longest, row * longest + protein.length + 2);
  });
  const shape = [batch.length, longest];
  const { last_hidden_state: hidden } = await session.run({
    input_ids: new ort.Tensor('int64', tokens, shape),
    attention_mask: new ort.Tensor('int64', mask, shape),
  });
  const dim = hidden.dims[2];
  batch.forEach((protein, row) => {
    const mean = new Float64Array(dim);
    for (let token = 1; token <= protein.length; token++)
      for (let i = 0; i < dim; i++)
        mean[i] += hidden.data[(row * longest + token) * dim + i] / protein.length;
  });
}
console.log(Number(process.hrtime.bigint() - began) / 1e9);
