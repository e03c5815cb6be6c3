import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { casesOf, fixture, idsOf, meanOf, operatorsOf, run, session } from '../test/run-graph.js';
import { openModel } from './open-model.js';
import { openSafetensors, readTensor } from './weights/safetensors.js';

/** The largest difference of two tables, as a share of the largest number. */
function share(found: number[][], expected: number[][]): number {
  const most = Math.max(...expected.flat().map(Math.abs));
  return Math.max(...found.flatMap((row, i) => row.map((x, j) => Math.abs(x - expected[i]![j]!)))) / most;
}

// Half precision has 11 bits: a rounding is up to 0.0005 of a number. A CPU leaves out most roundings but those of the weights;
// with all of them, in ONNX's reference evaluator, tokens differ by up to 0.0035, and means have cosines above 0.999999.
test.each([
  ['esm2_t2_tiny/esm2_t2_tiny.pt', 'esm2_t2_tiny'],
  ['esm2_t3_tinyf16_UR50D/esm2_t3_tinyf16_UR50D.pt', 'esm2_t3_tinyf16_UR50D'],
  ['esm2_tiny_hf', 'esm2_tiny_hf'],
  ['esm2_tiny_hf_f16', 'esm2_tiny_hf_f16'],
  ['esm1b_t2_tiny', 'esm1b_t2_tiny'],
  ['ntv2_tiny', 'ntv2_tiny'],
  ['dnaberts_tiny', 'dnaberts_tiny'],
  ['prott5_tiny', 'prott5_tiny'],
  ['esmc_t2_tiny', 'esmc_t2_tiny'],
  ['protbert_t2_tiny', 'protbert_t2_tiny'],
])('%s in half precision: tokens of every layer are near those of float32', async (path, of) => {
  const { encoder } = await openModel(fixture(path));
  for (const output of encoder.layers)
    for (const operators of ['fused', 'plain'] as const) {
      const half = await session(encoder, output, { operators, precision: 'float16' });
      const full = await session(encoder, output);
      let [differ, compared] = [0, 0];
      for (const each of casesOf(of).slice(0, 6)) {
        const ids = idsOf(each);
        if (ids === null) continue;
        const [found, expected] = [await run(half, ids), await run(full, ids)];
        differ = Math.max(differ, share(found, expected), share([meanOf(found)], [meanOf(expected)]));
        compared++;
      }
      expect(compared).toBeGreaterThan(2);
      expect(differ).toBeLessThan(0.01);
    }
});

test('weights in float16 are taken as they are, and what adds up stays in float32', async () => {
  const halves = (path: string) =>
    openModel(fixture(path)).then(({ encoder }) =>
      operatorsOf(encoder.build('last_hidden_state', { precision: 'float16' }).model),
    );
  const [stored, converted] = [await halves('esm2_tiny_hf_f16'), await halves('esm2_tiny_hf')];
  // Each weight and bias of the linear layers is cast where it is in float32.
  const linear = stored.operators.filter((each) => each === 'Gemm').length;
  const casts = ({ operators }: typeof stored) => operators.filter((each) => each === 'Cast').length;
  expect(casts(converted)).toBeGreaterThan(2 * linear);
  expect(casts(stored)).toBeLessThan(casts(converted));
});

test("the second layer of T5's feed-forward network, whose sums are too large, takes float32", async () => {
  const { encoder } = await openModel(fixture('prott5_tiny'));
  const { nodes } = operatorsOf(encoder.build('last_hidden_state', { precision: 'float16' }).model);
  const linear = nodes.filter(({ operator }) => operator === 'Gemm').map(({ inputs }) => inputs[1]!);
  const layers = nodes.filter(({ operator }) => operator === 'MultiHeadAttention').length;
  // The weights are stored as float16: these are cast, the others are taken as they are.
  const cast = linear.filter((weight) => !weight.endsWith('.weight'));
  expect([linear.length, cast.length]).toEqual([6 * layers, layers]);
  expect(linear.filter((weight) => weight.endsWith('wo.weight'))).toEqual([]);
});

/** A copy of a model whose weights are stored as bfloat16: the upper halves of float32. */
function inBfloat16(name: string): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'half-')), name);
  cpSync(fixture(name), folder, { recursive: true });
  const { tensors } = openSafetensors(join(folder, 'model.safetensors'));
  const header: Record<string, unknown> = {};
  const data: Uint8Array[] = [];
  let end = 0;
  for (const [each, tensor] of tensors) {
    if (tensor.type !== 'float32') continue;
    const words = new Uint16Array(readTensor(tensor).buffer);
    const halves = words.filter((_, i) => i % 2 === 1);
    header[each] = { dtype: 'BF16', shape: tensor.shape, data_offsets: [end, end + halves.byteLength] };
    data.push(new Uint8Array(halves.buffer));
    end += halves.byteLength;
  }
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  rmSync(join(folder, 'model.safetensors'));
  rmSync(join(folder, 'pytorch_model.bin'));
  writeFileSync(join(folder, 'model.safetensors'), Buffer.concat([size, text, ...data]));
  return folder;
}

test('weights in bfloat16 are cast once more', async () => {
  const { encoder } = await openModel(inBfloat16('esm2_tiny_hf'));
  const half = await session(encoder, 'last_hidden_state', { precision: 'float16' });
  const full = await session(encoder);
  const ids = idsOf(casesOf('esm2_tiny_hf')[0]!)!;
  const differ = share(await run(half, ids), await run(full, ids));
  expect(differ).toBeLessThan(0.01);
});
