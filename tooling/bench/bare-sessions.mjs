// Runs the batches of a run's index through a session, and nothing else: node bare-sessions.mjs OUT MODEL
// Standard output: one line of JSON with the seconds of the loop, batches and tokens. The tensors are made beforehand.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

// Its telemetry is off as in Holdfast.
process.env.ORT_DISABLE_TELEMETRY = '1';
const runtime = createRequire(new URL('../../packages/gpu-runtime/package.json', import.meta.url));
const { InferenceSession, Tensor } = runtime('onnxruntime-node');
const [out, model] = process.argv.slice(2);
const index = (name) => {
  const bytes = readFileSync(join(out, 'index', name));
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
};
const residues = new Uint8Array(index('residues.bin'));
const offsets = new BigUint64Array(index('residue-offsets.bin'));
const order = new Uint32Array(index('order.bin'));
const starts = new Uint32Array(index('batches.bin'));
const ids = new Map(
  readFileSync(join(model, 'vocab.txt'), 'utf8')
    .split('\n')
    .map((token, id) => [token, id]),
);
const [CLS, PAD, EOS, UNKNOWN] = [ids.get('<cls>'), ids.get('<pad>'), ids.get('<eos>'), ids.get('<unk>')];
const table = Array.from({ length: 256 }, (_, code) => ids.get(String.fromCharCode(code)) ?? UNKNOWN);
const feeds = [];
let tokens = 0;
for (let batch = 0; batch + 1 < starts.length; batch++) {
  const sequences = [...order.subarray(starts[batch], starts[batch + 1])].map((ordinal) =>
    residues.subarray(Number(offsets[ordinal]), Number(offsets[ordinal + 1])),
  );
  const width = Math.max(...sequences.map(({ length }) => Math.min(length, 1022) + 2));
  const input = new BigInt64Array(sequences.length * width).fill(BigInt(PAD));
  const mask = new BigInt64Array(input.length);
  sequences.forEach((sequence, row) => {
    const kept = [CLS, ...[...sequence.subarray(0, 1022)].map((code) => table[code]), EOS];
    kept.forEach((id, i) => {
      input[row * width + i] = BigInt(id);
      mask[row * width + i] = 1n;
    });
    tokens += kept.length;
  });
  const dims = [sequences.length, width];
  feeds.push({
    input_ids: new Tensor('int64', input, dims),
    attention_mask: new Tensor('int64', mask, dims),
  });
}
const session = await InferenceSession.create(join(model, 'model.onnx'), {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  enableMemPattern: false,
});
const begun = performance.now();
for (const each of feeds) await session.run(each, ['last_hidden_state']);
console.log(JSON.stringify({ seconds: (performance.now() - begun) / 1000, batches: feeds.length, tokens }));
