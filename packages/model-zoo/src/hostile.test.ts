import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fixture } from '../test/run-graph.js';
import { openModel } from './open-model.js';

/** Opens a changed copy of a fixture. */
function opened(name: string, change: (folder: string) => void) {
  const folder = join(mkdtempSync(join(tmpdir(), 'hostile-')), name);
  cpSync(fixture(name), folder, { recursive: true });
  change(folder);
  return openModel(folder);
}

const config = (folder: string, changes: Record<string, unknown>) => {
  const path = join(folder, 'config.json');
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...changes }));
};
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

test.each<[what: string, model: string, change: (folder: string) => void, error: string, message: RegExp]>([
  [
    'more layers than an array can have',
    'esm2_tiny_hf',
    (at) => config(at, { num_hidden_layers: 2 ** 53 - 1 }),
    'ModelConfigError',
    /num_hidden_layers: .*10000/,
  ],
  [
    'distances that would fill the memory',
    'prott5_tiny',
    (at) => config(at, { relative_attention_max_distance: 2 ** 40 }),
    'ModelConfigError',
    /relative_attention_max_distance/,
  ],
  [
    'a value that is nested more deeply than the stack is',
    'esmc_t2_tiny',
    (at) => {
      const path = join(at, 'config.json');
      const text = readFileSync(path, 'utf8').replace(/\}\s*$/, `,"head_dim":${nested(100_000)}}`);
      writeFileSync(path, text);
    },
    'ModelConfigError',
    /head_dim is a deeply nested value/,
  ],
  [
    'an ESM-2 whose configuration does not say that its positions are rotary',
    'esm2_tiny_hf',
    (at) => {
      config(at, { position_embedding_type: undefined });
      const path = join(at, 'model.safetensors');
      const text = readFileSync(path, 'latin1').replace(
        'position_embeddings.weight',
        'positions_of_tokens.other_',
      );
      writeFileSync(path, text, 'latin1');
    },
    'ModelConfigError',
    /config\.json: .*position_embedding_type is missing, which means absolute, but the weights have no/,
  ],
  [
    'a configuration of gigabytes',
    'esm2_tiny_hf',
    (at) => truncateSync(join(at, 'config.json'), 2 ** 32),
    'WeightsError',
    /config\.json: is 4294967296 bytes long, more than/,
  ],
  [
    'a pipe in place of the weights',
    'esm2_tiny_hf',
    (at) => {
      rmSync(join(at, 'model.safetensors'));
      rmSync(join(at, 'pytorch_model.bin'));
      execFileSync('mkfifo', [join(at, 'model.safetensors')]);
    },
    'WeightsError',
    /model\.safetensors: is not a regular file/,
  ],
  [
    'an index that names a file that is not there',
    'esm2_tiny_hf_sharded_safetensors',
    (at) => rmSync(join(at, 'model-00002-of-00002.safetensors')),
    'WeightsError',
    /index\.json: names "model-00002-of-00002\.safetensors", which is not there/,
  ],
  [
    'a kind whose name takes a page',
    'esm2_tiny_hf',
    (at) => config(at, { model_type: 'x'.repeat(100_000) }),
    'UnsupportedModelError',
    /^.{0,400}$/,
  ],
])('%s is refused by a typed error', async (_, model, change, name, message) => {
  await expect(opened(model, change)).rejects.toMatchObject({
    name,
    message: expect.stringMatching(message),
  });
});

test('a tensor without numbers is refused, though its other sizes fit', async () => {
  const change = (at: string) => {
    config(at, { hidden_size: 2 ** 50, num_attention_heads: 2 ** 49 });
    const path = join(at, 'model.safetensors');
    const bytes = readFileSync(path);
    const length = Number(bytes.readBigUInt64LE());
    const header = JSON.parse(bytes.subarray(8, 8 + length).toString());
    for (const entry of Object.values(header) as Record<string, unknown>[])
      if ('shape' in entry) Object.assign(entry, { shape: [0, 2 ** 50], data_offsets: [0, 0] });
    const text = Buffer.from(JSON.stringify(header));
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(text.length));
    writeFileSync(path, Buffer.concat([size, text]));
  };
  await expect(opened('esm1b_t2_tiny', change)).rejects.toMatchObject({
    name: 'WeightsError',
    message: expect.stringMatching(/embeddings\.weight' is empty/),
  });
});

test.each(['bert_head_tiny', 'roberta_head_tiny'])('%s without hidden_act means gelu', async (name) => {
  const without = await opened(name, (at) => config(at, { hidden_act: undefined }));
  expect(without.encoder.layers).toEqual((await openModel(fixture(name))).encoder.layers);
});
