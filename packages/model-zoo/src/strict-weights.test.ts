import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { changedFolder, type Tensors, writeSafetensors } from '../test/changed-folder.js';
import { fixture, run, session } from '../test/run-graph.js';
import { openModel } from './open-model.js';

const IDS = [0, 5, 9, 4, 17, 11, 2];
const rowsOf = async (folder: string) => run(await session((await openModel(folder)).encoder), IDS);

const FREQUENCIES = /inv_freq$/;
function without(tensors: Tensors, names: RegExp): void {
  for (const name of [...tensors.keys()]) if (names.test(name)) tensors.delete(name);
}
/** Frequencies of a rotary embedding. */
function setFrequencies(tensors: Tensors, of: (i: number, size: number) => number): void {
  for (const [name, { shape }] of tensors) {
    if (!FREQUENCIES.test(name)) continue;
    const values = Float32Array.from({ length: shape[0]! }, (_, i) => of(i, 2 * shape[0]!));
    tensors.set(name, { dtype: 'F32', shape, bytes: new Uint8Array(values.buffer) });
  }
}
const add = (name: string, dtype: string, bytes: number) => (tensors: Tensors) => {
  tensors.set(name, { dtype, shape: [1], bytes: new Uint8Array(bytes) });
};

test('without stored frequencies, the base of the configuration counts', async () => {
  const stored = await changedFolder('esm2_tiny_hf', (tensors) =>
    setFrequencies(tensors, (i, size) => 1 / Math.fround(500 ** ((2 * i) / size))),
  );
  const computed = await changedFolder('esm2_tiny_hf', (tensors) => without(tensors, FREQUENCIES), {
    rope_theta: 500,
  });
  expect(await rowsOf(computed)).toEqual(await rowsOf(stored));
  expect(await rowsOf(computed)).not.toEqual(await rowsOf(fixture('esm2_tiny_hf')));
});

const inDouble = (tensors: Tensors) => {
  for (const [name, { shape }] of tensors)
    if (FREQUENCIES.test(name))
      tensors.set(name, { dtype: 'F64', shape, bytes: new Uint8Array(8 * shape[0]!) });
};

test.each<[string, string, (tensors: Tensors) => void, RegExp]>([
  ['frequencies in float64', 'esm2_tiny_hf', inDouble, /inv_freq' is F64; float32, .* are read/],
  ['an unknown tensor in float64', 'esm2_tiny_hf', add('esm.lora_A.weight', 'F64', 8), /lora_A/],
  ['an unknown tensor in int8', 'esm2_tiny_hf', add('esm.query.SCB', 'I8', 1), /query\.SCB/],
  [
    'an adapter within a layer, whatever its name',
    'protbert_t2_tiny',
    add('bert.encoder.layer.0.attention.cls.adapter.weight', 'F32', 4),
    /cls\.adapter/,
  ],
  [
    'two tables of embeddings that differ',
    'prott5_tiny',
    (tensors) => {
      const table = tensors.get('shared.weight')!;
      const other = Uint8Array.from(table.bytes);
      other[2]! ^= 1;
      tensors.set('encoder.embed_tokens.weight', { ...table, bytes: other });
    },
    /two different tables of embeddings/,
  ],
])('%s: refused by name', async (_, name, change, message) => {
  await expect(changedFolder(name, change).then(openModel)).rejects.toThrow(message);
});

test('two equal tables of embeddings are one', async () => {
  const folder = await changedFolder('prott5_tiny', (tensors) => {
    tensors.set('encoder.embed_tokens.weight', tensors.get('shared.weight')!);
  });
  expect(await rowsOf(folder)).toEqual(await rowsOf(fixture('prott5_tiny')));
});

test.each([
  [{ dense_act_fn: 'gelu_new' }, /dense_act_fn is "gelu_new"/],
  [{ is_gated_act: true }, /is_gated_act is true/],
])('a T5 with %j is refused by name', async (config, message) => {
  await expect(changedFolder('prott5_tiny', () => undefined, config).then(openModel)).rejects.toThrow(
    message,
  );
});

/** A folder of two files with an index that lists some of their tensors. */
async function sharded(change: (first: Tensors, second: Tensors, map: Record<string, string>) => void) {
  let all: Tensors = new Map();
  const folder = await changedFolder('esm2_tiny_hf', (tensors) => {
    all = new Map(tensors);
  });
  const files = ['one.safetensors', 'two.safetensors'] as const;
  const parts: [Tensors, Tensors] = [new Map(), new Map()];
  const map: Record<string, string> = {};
  for (const [i, [name, tensor]] of [...all].entries()) {
    parts[i % 2]!.set(name, tensor);
    map[name] = files[i % 2]!;
  }
  change(...parts, map);
  for (const [i, file] of files.entries()) writeSafetensors(join(folder, file), parts[i]!);
  rmSync(join(folder, 'model.safetensors'));
  writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }));
  return folder;
}

test('what an index does not list counts as well', async () => {
  const folder = await sharded((first, second, map) => {
    for (const part of [first, second]) setFrequencies(part, (i) => 1 / (i + 2));
    for (const name of Object.keys(map)) if (FREQUENCIES.test(name)) delete map[name];
  });
  const whole = await changedFolder('esm2_tiny_hf', (tensors) => setFrequencies(tensors, (i) => 1 / (i + 2)));
  expect(await rowsOf(folder)).toEqual(await rowsOf(whole));
  const unknown = sharded((first) => add('esm.unheard_of.weight', 'F32', 4)(first));
  await expect(unknown.then(openModel)).rejects.toThrow(/unheard_of/);
});

test('a tensor in two files is refused by name', async () => {
  const folder = sharded((first, second) => {
    const [name, tensor] = [...first][0]!;
    second.set(name, tensor);
  });
  await expect(folder.then(openModel)).rejects.toThrow(
    /has '.*' in two\.safetensors, and in another file too/,
  );
});

test('a graph is not built by an option that there is not', async () => {
  const { encoder } = await openModel(fixture('esm2_tiny_hf'));
  expect(() => encoder.build(undefined, { precision: 'fp16' as never })).toThrow(
    /precision is "fp16"; it must be one of float32, float16/,
  );
  expect(() => encoder.build(undefined, { operators: 'x' as never })).toThrow(RangeError);
});

test('a file is what it says, whatever weights are beside it', async () => {
  const folder = await changedFolder('esm2_tiny_hf', () => undefined);
  const other = await changedFolder('esm2_tiny_hf', (tensors) => setFrequencies(tensors, (i) => 1 / (i + 2)));
  copyFileSync(join(other, 'model.safetensors'), join(folder, 'other.safetensors'));
  expect(await rowsOf(join(folder, 'other.safetensors'))).toEqual(await rowsOf(other));
  expect(await rowsOf(join(folder, 'model.safetensors'))).toEqual(await rowsOf(folder));
});

test('one of several files is not taken for all of them', async () => {
  const folder = await sharded(() => undefined);
  await expect(openModel(join(folder, 'one.safetensors'))).rejects.toMatchObject({
    code: 'model_unsupported',
    what: 'is one of several files of a model',
    remedy: `give their folder: ${folder}`,
  });
});
