import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { SHAPES } from './esm2-shape.mjs';

const TOKENS = ['<cls>', '<pad>', '<eos>', '<unk>', ...'LAGVSERTIDPKQNFYMHWCXBUZO.-', '<null_1>', '<mask>'];

/** Names and shapes of an ESM-2's weights, as Hugging Face has them. */
function tensors({ layers, dim, heads }) {
  const found = [['embeddings.word_embeddings.weight', [TOKENS.length, dim]]];
  const linear = (name, out, into) => found.push([`${name}.weight`, [out, into]], [`${name}.bias`, [out]]);
  const norm = (name) => found.push([`${name}.weight`, [dim]], [`${name}.bias`, [dim]]);
  for (let i = 0; i < layers; i++) {
    const layer = `encoder.layer.${i}`;
    for (const part of ['query', 'key', 'value']) linear(`${layer}.attention.self.${part}`, dim, dim);
    found.push([`${layer}.attention.self.rotary_embeddings.inv_freq`, [dim / heads / 2]]);
    linear(`${layer}.attention.output.dense`, dim, dim);
    norm(`${layer}.attention.LayerNorm`);
    linear(`${layer}.intermediate.dense`, 4 * dim, dim);
    linear(`${layer}.output.dense`, dim, 4 * dim);
    norm(`${layer}.LayerNorm`);
  }
  norm('encoder.emb_layer_norm_after');
  return found;
}

/**
 * Writes a folder as Hugging Face has it, with the shape of an ESM-2 and random weights, tensor by tensor.
 *
 * @param size of `SHAPES`, or `{ layers, dim, heads }`.
 */
export function writePublished(folder, size) {
  const shape = SHAPES[size] ?? size;
  const { layers, dim, heads } = shape;
  mkdirSync(folder, { recursive: true });
  const all = tensors(shape);
  const bytesOf = (dims) => 4 * dims.reduce((product, each) => product * each, 1);
  let end = 0;
  const entries = all.map(([name, dims]) => {
    const begin = end;
    end += bytesOf(dims);
    return [name, { dtype: 'F32', shape: dims, data_offsets: [begin, end] }];
  });
  let head = JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries(entries) });
  head = head.padEnd(Math.ceil(head.length / 8) * 8);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(head.length));
  const file = openSync(join(folder, 'model.safetensors'), 'w');
  writeSync(file, length);
  writeSync(file, head);
  let state = 7;
  for (const [name, dims] of all) {
    const data = new Float32Array(bytesOf(dims) / 4);
    const scale = dims.length === 2 ? 2 / Math.sqrt(dims[1]) : 0.1;
    const middle = /[Nn]orm.*\.weight$/.test(name) ? 1 : 0;
    for (let i = 0; i < data.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      data[i] = middle + (state / 2 ** 32 - 0.5) * scale;
    }
    if (name.endsWith('inv_freq'))
      for (let i = 0; i < data.length; i++) data[i] = 10_000 ** ((-2 * i * heads) / dim);
    writeSync(file, new Uint8Array(data.buffer));
  }
  closeSync(file);
  const config = {
    architectures: ['EsmModel'],
    model_type: 'esm',
    num_hidden_layers: layers,
    hidden_size: dim,
    num_attention_heads: heads,
    intermediate_size: 4 * dim,
    layer_norm_eps: 1e-5,
    token_dropout: true,
    mask_token_id: 32,
    pad_token_id: 1,
    position_embedding_type: 'rotary',
    emb_layer_norm_before: false,
    vocab_size: TOKENS.length,
    max_position_embeddings: 1026,
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'vocab.txt'), `${TOKENS.join('\n')}\n`);
}
