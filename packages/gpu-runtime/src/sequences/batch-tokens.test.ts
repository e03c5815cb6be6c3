import { fileURLToPath } from 'node:url';
import { Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { CPU, parseDevice } from '../device/device.js';
import { SessionModel } from '../embedding-model.js';
import { resolveModel } from '../resolve-model.js';
import { batchTokensOn } from './batch-tokens.js';

const fixture = (name: string) => fileURLToPath(new URL(`../../test/fixtures/${name}`, import.meta.url));

test.each([
  ['tnf', 65_536, 65_536],
  ['aac', 65_536, 65_536],
  [fixture('tiny_esm2'), 512, 16_384],
  [fixture('dna_encoder'), 2048, 16_384],
])('the token budget of %s is %i on the CPU and %i elsewhere', async (model, cpu, gpu) => {
  const source = await resolveModel(model);
  expect([batchTokensOn(source, CPU), batchTokensOn(source, parseDevice('cuda:0'))]).toEqual([cpu, gpu]);
  expect(batchTokensOn({ ...source, batchTokens: 7 }, CPU)).toBe(7);
});

test.each([
  ['cpu', 512],
  ['cuda:0', 16_384],
])('a sequence of many windows is split into calls that suit %s', async (device, most) => {
  const source = await resolveModel(fixture('tiny_esm2'), { longSequences: 'windows' });
  const sizes: number[] = [];
  const session = {
    async run(feeds: Readonly<Record<string, { dims: readonly number[] }>>) {
      const [count, width] = feeds['input_ids']!.dims as [number, number];
      sizes.push(count * width);
      const dims = [count, width, source.dim];
      const output = new Tensor('float32', new Float32Array(count * width * source.dim), dims);
      return { last_hidden_state: output };
    },
    release: async () => undefined,
  };
  const windows = { residues: 100, overlap: 0 };
  const model = new SessionModel({ ...source, windows }, session, undefined, parseDevice(device));
  await model.embed([new Uint8Array(30_000).fill(65)]);
  // A window is 102 tokens.
  expect(Math.max(...sizes)).toBe(102 * Math.floor(most / 102));
});

test.each([['cpu'], [{ kind: 'nope' }], [{}]])('%j is refused: it is not a device', (device) => {
  const call = batchTokensOn as (source: unknown, device: unknown) => number;
  expect(() => call({ recipe: {} }, device)).toThrow(/batchTokensOn.*device\.kind/);
});
