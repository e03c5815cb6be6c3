import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openModel } from '@holdfast/model-zoo';
import { KeptRecords } from '@holdfast/options';
import { encodePt, type LazyTensor, openPt, tensor } from '@holdfast/pt-serializer';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { resolveModel } from '../resolve-model.js';
import { fingerprintOf, publishedParts } from './fingerprint.js';
import { provenFingerprint } from './proven-fingerprint.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weights-'));
  // Also where int8 weights go.
  vi.stubEnv('HOLDFAST_CACHE', join(folder, 'cache'));
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true, force: true });
  });
});

async function copied(fixture: string): Promise<string> {
  const to = join(folder, 'model');
  const from = new URL(`../../../model-zoo/test/fixtures/${fixture}`, import.meta.url);
  await cp(fileURLToPath(from), to, { recursive: true });
  return to;
}

/** Changes one bit within the last tensor of a file, and nothing that describes it. */
async function flip(path: string): Promise<void> {
  await using file = await openPt(path, { unknown: 'opaque' });
  const ranges = file.tensors().map((found: { tensor: LazyTensor }) => found.tensor.fileRange!);
  const { offset, length } = ranges.at(-1)!;
  const bytes = await readFile(path);
  bytes[offset + length - 1]! ^= 1;
  await writeFile(path, bytes);
}

const ESMC = 'data/weights/esmc.pth';

/** The smallest ESM C, one layer of one head, in the place of its own download. */
async function smallEsmc(to: string): Promise<string> {
  const at = 'transformer.blocks.0';
  const shapes: Record<string, number[]> = {
    'embed.weight': [64, 64],
    'transformer.norm.weight': [64],
    [`${at}.attn.layernorm_qkv.0.weight`]: [64],
    [`${at}.attn.layernorm_qkv.0.bias`]: [64],
    [`${at}.attn.layernorm_qkv.1.weight`]: [192, 64],
    [`${at}.attn.q_ln.weight`]: [64],
    [`${at}.attn.k_ln.weight`]: [64],
    [`${at}.attn.out_proj.weight`]: [64, 64],
    [`${at}.ffn.0.weight`]: [64],
    [`${at}.ffn.0.bias`]: [64],
    [`${at}.ffn.1.weight`]: [128, 64],
    [`${at}.ffn.3.weight`]: [64, 64],
  };
  const state = Object.entries(shapes).map(([name, shape]) => {
    const count = shape.reduce((product, length) => product * length, 1);
    return [name, tensor('float32', shape, new Float32Array(count).fill(0.1))] as const;
  });
  await mkdir(join(to, 'data/weights'), { recursive: true });
  await writeFile(join(to, ESMC), await encodePt(new Map(state)));
  return to;
}

const FILES: readonly [fixture: string, file: string, given: string][] = [
  ['esm2_t2_tiny', 'esm2_t2_tiny.pt', 'esm2_t2_tiny.pt'],
  ['esm2_t3_tinyf16_UR50D', 'esm2_t3_tinyf16_UR50D.pt', 'esm2_t3_tinyf16_UR50D.pt'],
  ['ESM C', ESMC, ''],
  ['ESM C', ESMC, ESMC],
  ['prott5_tiny', 'pytorch_model.bin', ''],
  ['esm2_tiny_hf_sharded_bin', 'pytorch_model-00001-of-00002.bin', ''],
  ['esm2_tiny_hf_sharded_bin', 'pytorch_model-00002-of-00002.bin', ''],
];

test.each(FILES)(
  'one flipped bit in the weights of %s is refused, in any precision',
  async (of, file, given) => {
    const model = of === 'ESM C' ? await smallEsmc(folder) : await copied(of);
    const whole = await resolveModel(join(model, given));
    await flip(join(model, file));
    for (const precision of ['fp32', 'fp16', 'int8'] as const)
      await expect(resolveModel(join(model, given), { precision }, whole.proof)).rejects.toMatchObject({
        name: 'ModelError',
        code: 'model_load',
        path: join(model, file),
        message: expect.stringMatching(
          /is damaged at its member .+\/data\/\d+: its CRC-32 .*; download it again$/,
        ),
      });
  },
);

test('damaged weights in the cache of Hugging Face name the command that replaces them', async () => {
  const snapshot = join(folder, 'models--lab--t5', 'snapshots', 'c0ffee');
  await cp(await copied('prott5_tiny'), snapshot, { recursive: true });
  await flip(join(snapshot, 'pytorch_model.bin'));
  await expect(resolveModel(snapshot)).rejects.toThrow(/; run `holdfast models get lab\/t5@c0ffee`, which/);
});

/** Long after all files were written. */
const now = () => Date.now() + 60_000;

async function asked(path: string) {
  const { encoder } = await openModel(path);
  const parts = publishedParts(encoder.build());
  const records = new KeptRecords('fingerprints', join(folder, 'cache'));
  return { parts, records, ask: () => provenFingerprint(parts, {}, { records, now }) };
}

test('with a kept fingerprint the weights are not read again', async () => {
  const { ask, records, parts } = await asked(await copied('esm2_tiny_hf_sharded_bin'));
  const { proof, fingerprint } = await ask();
  const paths = proof!.files.map(({ path }) => path);
  expect(paths).toHaveLength(parts.length - 1);
  // Whoever reads them finds another one.
  const fake = { ...proof!, fingerprint: 'f'.repeat(64) };
  expect(fake.fingerprint).not.toBe(fingerprint);
  await records.keep([proof!.of, paths], fake);
  expect((await ask()).proof).toEqual(fake);
});

test('what an earlier version kept, without a look at the checksums, is not believed', async () => {
  const model = await copied('esm2_tiny_hf_sharded_bin');
  await flip(join(model, 'pytorch_model-00002-of-00002.bin'));
  const { parts, records, ask } = await asked(model);
  const unchecked = parts.map((part) => ('path' in part ? { name: part.name, path: part.path } : part));
  const { proof } = await provenFingerprint(unchecked, {}, { records, now });
  expect(proof).toBeDefined();
  for (let again = 0; again < 2; again++) await expect(ask()).rejects.toMatchObject({ code: 'model_load' });
});

test('the check changes no fingerprint', async () => {
  for (const of of ['esm2_tiny_hf_sharded_bin', 'esm2_tiny_hf_sharded_safetensors']) {
    const { parts, records, ask } = await asked(await copied(of));
    const unchecked = parts.map((part) => ('path' in part ? { name: part.name, path: part.path } : part));
    const before = await provenFingerprint(unchecked, {}, { records, now });
    const after = await ask();
    expect(after.fingerprint).toBe(before.fingerprint);
    await rm(join(folder, 'model'), { recursive: true });
  }
});

test.each([
  ['safetensors', 'esm2_tiny_hf', 'model.safetensors'],
  ['an ONNX graph', 'exported', 'model.onnx'],
])('a file of the cache of Hugging Face has the SHA-256 that names it: %s', async (_, kind, name) => {
  const blobs = join(folder, 'models--lab--m', 'blobs');
  const snapshot = join(folder, 'models--lab--m', 'snapshots', 'c0ffee');
  await mkdir(blobs, { recursive: true });
  await mkdir(snapshot, { recursive: true });
  const bytes =
    kind === 'exported'
      ? Buffer.alloc(1000, 7)
      : await readFile(join(await copied(kind), 'model.safetensors'));
  const blob = join(blobs, createHash('sha256').update(bytes).digest('hex'));
  const path = join(snapshot, name);
  await symlink(blob, path);
  const fingerprint = () =>
    fingerprintOf([{ name, path, ...(kind === 'exported' ? {} : { weights: true as const }) }], null);
  await writeFile(blob, bytes);
  await expect(fingerprint()).resolves.toMatch(/^[0-9a-f]{64}$/);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(blob, bytes);
  await expect(fingerprint()).rejects.toMatchObject({
    code: 'model_load',
    message: expect.stringMatching(
      /differ from the SHA-256 that names it.*holdfast models get lab\/m@c0ffee/,
    ),
  });
});
