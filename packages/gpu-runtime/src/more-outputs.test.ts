import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type LoadOptions, loadModel } from './load-model.js';
import type { ModelOverrides } from './model/model-overrides.js';
import type { TokenValues } from './onnx/token-values.js';
import { resolveModel } from './resolve-model.js';

// Values of the public code, see the SOURCES of these fixtures.
const fixture = (name: string) =>
  fileURLToPath(new URL(`../../model-zoo/test/fixtures/${name}`, import.meta.url));

type Case = Record<string, unknown> & { sequence: string };

function casesOf(name: string): Case[] {
  const expected = JSON.parse(readFileSync(join(fixture(name), 'expected.json'), 'utf8'));
  const cases: Case[] = Array.isArray(expected) ? expected : expected.sequences;
  // A run hands over no lower case, blank, or name of a token.
  return cases.filter(({ sequence }) => typeof sequence === 'string' && /^[A-Z*-]+$/.test(sequence));
}

const ESM2 = 'esm2_t2_tiny/esm2_t2_tiny.pt';

/** The columns of each row output, and each sequence's numbers of tokens and pairs. */
async function embedded(
  path: string,
  sequences: readonly string[],
  overrides: ModelOverrides,
  options: LoadOptions = {},
) {
  const source = await resolveModel(fixture(path), overrides);
  const model = await loadModel(source, options);
  const values: TokenValues[] = [];
  const rows = await model.embed(
    sequences.map((sequence) => Buffer.from(sequence)),
    {
      onValues: (at, each) => {
        values[at] = each;
      },
    },
  );
  await model.release();
  const { more = {} } = source.recipe;
  const own = source.dim - (more.rows ?? []).reduce((sum, { dim }) => sum + dim, 0);
  const columns = new Map<string, readonly [first: number, dim: number]>([['embeddings', [0, own]]]);
  let first = own;
  for (const { name, dim } of more.rows ?? []) {
    columns.set(name, [first, dim]);
    first += dim;
  }
  return {
    names: [...columns.keys(), ...[...(more.tokens ?? []), ...(more.pairs ?? [])].map(({ name }) => name)],
    row: (at: number, name: string) => {
      const [from, dim] = columns.get(name)!;
      return [...rows.subarray(at * source.dim + from, at * source.dim + from + dim)];
    },
    /** One output's numbers of a sequence. */
    numbers(at: number, name: string) {
      const { tokens, data } = values[at]!;
      let from = 0;
      for (const each of more.tokens ?? []) {
        if (each.name === name) return [...data.subarray(from, from + tokens * each.dim)];
        from += tokens * each.dim;
      }
      for (const each of more.pairs ?? []) {
        if (each.name === name) return [...data.subarray(from, from + tokens * tokens)];
        from += tokens * tokens;
      }
      throw new Error(name);
    },
  };
}

const closeTo = (found: readonly number[], expected: readonly number[]) => {
  expect(found.length).toBe(expected.length);
  expect(Math.max(...found.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(1e-4);
};

test('every output of an ESM-2 in one pass is that of the public code', async () => {
  const cases = casesOf('esm2_t2_tiny');
  const found = await embedded(
    ESM2,
    cases.map(({ sequence }) => sequence),
    { output: '-1', layers: ['0', '1'], include: ['mean', 'cls', 'per_token', 'logits', 'contacts'] },
  );
  expect(found.names).toEqual([
    'embeddings',
    'cls.layer_2',
    'mean.layer_0',
    'cls.layer_0',
    'mean.layer_1',
    'cls.layer_1',
    'per_token.layer_2',
    'per_token.layer_0',
    'per_token.layer_1',
    'logits',
    'contacts',
  ]);
  let compared = 0;
  for (const [at, each] of cases.entries()) {
    const mean = each['mean'] as Record<string, number[]>;
    closeTo(found.row(at, 'embeddings'), mean['2']!);
    closeTo(found.row(at, 'mean.layer_0'), mean['0']!);
    closeTo(found.row(at, 'mean.layer_1'), mean['1']!);
    closeTo(found.row(at, 'cls.layer_2'), each['bos'] as number[]);
    // Of all tokens, special ones included, except the contacts.
    for (const [layer, rows] of Object.entries((each['per_token'] ?? {}) as Record<string, number[][]>)) {
      const inside = rows.length > each.sequence.length ? rows.slice(1, -1) : rows;
      closeTo(found.numbers(at, `per_token.layer_${layer}`), inside.flat());
      compared++;
    }
    const logits = each['logits'] as number[][] | undefined;
    if (logits) closeTo(found.numbers(at, 'logits'), logits.flat());
    const contacts = each['contacts'] as number[][] | undefined;
    if (contacts) closeTo(found.numbers(at, 'contacts'), contacts.flat());
    if (logits && contacts) compared++;
  }
  expect(compared).toBeGreaterThanOrEqual(8);
});

test.each([
  ['esm1b_t2_tiny', 'per_token'],
  ['esm2_tiny_hf', 'last_hidden_state'],
  ['esmc_t2_tiny', 'per_token'],
  ['protbert_t2_tiny', 'per_token'],
  ['ntv2_tiny', 'last_hidden_state'],
  ['dnaberts_tiny', 'last_hidden_state'],
  ['prott5_tiny', 'last_hidden_state'],
])('%s: per_token leaves the special tokens out, and is that of the public code', async (path, key) => {
  const cases = casesOf(path).filter((each) => each[key] != null);
  const found = await embedded(
    path,
    cases.map(({ sequence }) => sequence),
    { include: ['per_token'] },
  );
  const name = found.names.at(-1)!;
  expect(name).toMatch(/^per_token\.layer_\d$/);
  const { recipe, dim } = await resolveModel(fixture(path));
  for (const [at, each] of cases.entries()) {
    const value = each[key] as number[][] | Record<string, number[][]>;
    const rows = Array.isArray(value) ? value : Object.values(value).at(-1)!;
    const numbers = found.numbers(at, name);
    const special = recipe.prefix.length + recipe.suffix.length;
    const inside =
      rows.length * dim === numbers.length
        ? rows
        : rows.slice(recipe.prefix.length, rows.length - special + recipe.prefix.length);
    closeTo(numbers, inside.flat());
  }
  expect(cases.length).toBeGreaterThan(2);
});

test('the layers by number are those by name, and the last is the default', async () => {
  const of = async (output?: string) =>
    (await resolveModel(fixture(ESM2), output === undefined ? {} : { output })).fingerprint;
  const usual = await of();
  expect([await of('-1'), await of('2'), await of('last_hidden_state')]).toEqual([usual, usual, usual]);
  expect(await of('1')).toBe(await of('hidden_states.1'));
  expect(await of('-3')).toBe(await of('0'));
  expect(await of('1')).not.toBe(usual);
  const layerOf = async (output?: string) =>
    (await resolveModel(fixture(ESM2), output === undefined ? {} : { output })).layer;
  expect([await layerOf(), await layerOf('last_hidden_state'), await layerOf('-3')]).toEqual([
    'layer_2',
    'layer_2',
    'layer_0',
  ]);
  expect(await resolveModel('tnf')).not.toHaveProperty('layer');
});

test('nothing more and float32 leave the fingerprint as it was', async () => {
  const { fingerprint } = await resolveModel(fixture(ESM2));
  const same: ModelOverrides = { layers: [], include: ['mean'], dtype: 'float32' };
  expect((await resolveModel(fixture(ESM2), same)).fingerprint).toBe(fingerprint);
  for (const other of [
    { dtype: 'float16' },
    { include: ['per_token'] },
    { include: ['cls'] },
    { layers: ['0'] },
  ] as const)
    expect((await resolveModel(fixture(ESM2), other)).fingerprint).not.toBe(fingerprint);
});

test('what is included is computed beside the rows, which stay those of the pooling', async () => {
  const outputs = async (overrides: ModelOverrides) => {
    const { output, more } = (await resolveModel(fixture(ESM2), overrides)).recipe;
    return [output.pooling, ...(more?.rows ?? []).map(({ name }) => name)];
  };
  expect(await outputs({ include: ['cls'] })).toEqual(['mean', 'cls.layer_2']);
  expect(await outputs({ include: ['cls', 'mean'] })).toEqual(['mean', 'cls.layer_2']);
  expect(await outputs({ include: ['cls', 'mean'], pooling: 'cls' })).toEqual(['cls', 'mean.layer_2']);
  expect(await outputs({ pooling: 'cls' })).toEqual(['cls']);
});

test.each<[path: string, overrides: ModelOverrides, says: RegExp]>([
  [ESM2, { output: '3' }, /has no layer 3; its layers are 0 to 2, or -3 to -1/],
  [ESM2, { layers: ['-4'] }, /has no layer -4/],
  [ESM2, { output: '-1', layers: ['2'] }, /layer 2 twice: it is last_hidden_state/],
  [ESM2, { output: '0', layers: ['1', 'hidden_states.1'] }, /layer hidden_states\.1 twice/],
  [
    'esm2_t2_tinyf32_UR50D/esm2_t2_tinyf32_UR50D.pt',
    { include: ['logits'], precision: 'int8' },
    /logits in fp32 only/,
  ],
  [ESM2, { include: ['contacts'], precision: 'fp16' }, /contacts in fp32 only/],
  ['prott5_tiny', { include: ['logits'] }, /gives no logits: its weights have no head/],
  ['esmc_t2_tiny', { include: ['contacts'] }, /gives no contacts: only ESM-2 with its contact regression/],
  ['prott5_tiny', { include: ['cls'] }, /puts no token before a sequence/],
  [ESM2, { include: ['per_token'], longSequences: 'windows' }, /cannot be joined over windows/],
])('%s with %j is refused by name', async (path, overrides, says) => {
  await expect(resolveModel(fixture(path), overrides)).rejects.toThrow(says);
});

test('a model that gives rows itself has nothing to include', async () => {
  await expect(resolveModel('tnf', { include: ['per_token'] })).rejects.toThrow(
    /tnf.*gives one row for each sequence and no numbers of tokens/,
  );
});
