import {
  CPU,
  type Device,
  DeviceError,
  InferenceError,
  ModelError,
  type ModelSource,
  parseDevice,
} from '@holdfast/gpu-runtime';
import { expect, test } from 'vitest';
import { type Verdict, verdict } from './refusal.js';

const source = {
  modelPath: '/m/model.onnx',
  alphabet: 'dna',
  dim: 2,
  maxResidues: 100,
  specialTokens: 0,
  recipe: {},
} as ModelSource;
const failed = (message: string) =>
  new InferenceError({ model: 'm', sequences: 1, tokens: 1 }, new Error(message));

/** Rows for these sequences; thrown is what keeps it from that. */
type Fake = (sequences: readonly string[]) => number[];
const good: Fake = (sequences) => sequences.flatMap(() => [1, 2]);
/** Fails on more sequences than one, as a graph of a fixed shape does. */
const single: Fake = (sequences) => {
  if (sequences.length > 1) throw failed('Got 2, expected 1');
  return good(sequences);
};
const longest: Fake = (sequences) => {
  if (sequences.some(({ length }) => length > 50)) throw failed('indices out of bounds');
  return good(sequences);
};
const thrower =
  (error: Error): Fake =>
  () => {
    throw error;
  };
const cuda = parseDevice('cuda:1');

/** @param fakes the model on each device; an error where it cannot be loaded. */
function tried(
  device: Device,
  fakes: Partial<Record<string, Fake | Error>>,
  of: ModelSource = source,
): Promise<Verdict> {
  return verdict(of, device, async (_, { device: { kind } }) => {
    const fake = fakes[kind] ?? new Error(`not to be loaded on ${kind}`);
    if (typeof fake !== 'function') throw fake;
    return {
      embed: async (sequences) =>
        Float32Array.from(fake(sequences.map((residues) => Buffer.from(residues).toString()))),
    };
  });
}

const refused = async (...of: Parameters<typeof tried>) => (await tried(...of)).refused;

test.each<[string, Fake | Error, RegExp | null]>([
  ['embeds all', good, null],
  ['differs by rounding', (sequences) => sequences.flatMap(() => [1, 2 + sequences.length * 0.01]), null],
  [
    'does not leave padding out',
    (sequences) => sequences.flatMap(() => [1, Math.max(...sequences.map(({ length }) => length))]),
    /a different row for the same residues if others are in the batch \(a number of up to 40 differs by 28\).*attention_mask/,
  ],
  [
    'mixes up the rows of a batch',
    (sequences) => sequences.toReversed().flatMap(({ length }) => [1, length]),
    /a different row for the same residues/,
  ],
  [
    'fails on two sequences',
    single,
    /^\/m\/model\.onnx: fails on short sequences of plain residues \(Got 2, expected 1\).*dynamic axes/,
  ],
  [
    'gives no numbers',
    (sequences) => sequences.flatMap((_, i) => [1, i === 0 ? 5 : Number.NaN]),
    /^\/m\/model\.onnx: gives NaN for plain residues \(TTGCAAGCCGATTACAGGCATCGGATTCAAGGCTAACTGC, in column 1\)/,
  ],
  [
    'gives infinities',
    () => [-Infinity, 1],
    /gives -Infinity for plain residues \(ACGTACGTACGT, in column 0/,
  ],
  ['fails on the longest', longest, /fails on one of 100 residues \(indices out of bounds\)/],
  ['wants memory', thrower(failed('bad_alloc')), null],
  ['wants memory to be loaded', failed('out of memory'), null],
  ['is not as described', thrower(new ModelError('model_mismatch', '/m', 'gave 3', 'x')), /^\/m: gave 3; x$/],
  ['cannot be loaded', new ModelError('model_load', '/m', 'no', 'x'), /^\/m: no; x$/],
])('a model that %s on the CPU', async (_, fake, says) => {
  const errorText = await refused(CPU, { cpu: fake });
  if (says === null) expect(errorText).toBeNull();
  else expect(errorText).toMatch(says);
});

/** A tokenizer that joins all nucleotides, so that B is the first of what makes the most tokens. */
const joining = {
  definition: {
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: 'WhitespaceSplit' },
    post_processor: null,
    decoder: null,
    model: {
      type: 'BPE',
      unk_token: '?',
      vocab: Object.fromEntries(
        ['?', ...'ACGT', ...'ACGT'.replace(/./g, 'A$&C$&G$&T$&').match(/../g)!].map((token, id) => [
          token,
          id,
        ]),
      ),
      merges: 'ACGT'
        .replace(/./g, 'A$&C$&G$&T$&')
        .match(/../g)!
        .map((pair) => [...pair].join(' ')),
    },
  },
  config: {},
} as unknown as NonNullable<ModelSource['recipe']['tokenizer']>;

test.each<[string, Fake, RegExp | null]>([
  ['has too few positions for them', longest, /fails on one of 100 residues/],
  [
    'fails on such residues at any length',
    (sequences) => {
      if (sequences.some((each) => each.includes('B'))) throw failed('no such token');
      return good(sequences);
    },
    null,
  ],
  [
    'fails on such residues, and on the longest of others',
    (sequences) => {
      if (sequences.some((each) => each.includes('B') || each.length > 60)) throw failed('no such token');
      return good(sequences);
    },
    /fails on one of 100 residues/,
  ],
])('with a tokenizer, residues are tried that fill the tokens: a model that %s', async (_, fake, says) => {
  const tried: string[] = [];
  const windowed = {
    ...source,
    folder: '/m',
    maxResidues: Number.POSITIVE_INFINITY,
    maxTokens: 100,
    windows: { residues: 100, overlap: 0 },
    recipe: { ...source.recipe, tokenizer: joining },
  };
  const { refused: errorText } = await verdict(windowed, CPU, async () => ({
    embed: async (sequences) => {
      tried.push(...sequences.map((residues) => Buffer.from(residues).toString()));
      return Float32Array.from(fake(tried.slice(-sequences.length)));
    },
  }));
  if (says === null) expect(errorText).toBeNull();
  else expect(errorText).toMatch(says);
  expect(tried).toContain('B'.repeat(8));
});

test.each<[string, Fake | Error, Fake | Error, RegExp | null]>([
  ['only the device takes', good, new ModelError('model_load', '/m', 'no', 'x'), null],
  ['the CPU takes, and cannot compute', good, thrower(failed('not implemented')), null],
  [
    'only the CPU takes',
    new DeviceError(cuda, 'no kernel'),
    good,
    /cuda:1 cannot be used here \(no kernel\)/,
  ],
  ['only the CPU computes', single, good, /Got 2, expected 1/],
  ['lacks positions, of which only the CPU tells', good, longest, /fails on one of 100 residues/],
  ['is good on both', good, good, null],
  ['differs by rounding, as with TF32', (sequences) => sequences.flatMap(() => [1.002, 1.998]), good, null],
  [
    'has an operator that the device computes wrong',
    (sequences) => sequences.flatMap(() => [0, 0]),
    good,
    /^\/m\/model\.onnx: gives different rows on cuda:1 than on the CPU \(a number of up to 2\.0 differs by 2\.0 for ACGT.*--device cpu/,
  ],
  [
    'gives other rows where the CPU fails as well',
    (sequences) => sequences.flatMap(() => [0, 0]),
    thrower(failed('not implemented')),
    null,
  ],
])('a model for CUDA that %s', async (_, onDevice, onCpu, says) => {
  const errorText = await refused(cuda, { cuda: onDevice, cpu: onCpu });
  if (says === null) expect(errorText).toBeNull();
  else expect(errorText).toMatch(says);
});

test.each([
  ['NOT_IMPLEMENTED : Could not find an implementation for Foo(1)', /choose --device cpu/],
  ['indices element out of data bounds, idx=40 must be within [-33,32]', /from one export/],
  ['Got invalid dimensions for input: Got: 2 Expected: 1', /dynamic axes/],
])('the remedy fits what the graph said: %s', async (errorText, remedy) => {
  expect(await refused(CPU, { cpu: thrower(failed(errorText)) })).toMatch(remedy);
});

test.each<[string, Device, Partial<Record<string, Fake | Error>>, boolean]>([
  ['embeds all on the CPU', CPU, { cpu: good }, true],
  ['embeds all on a GPU, as on the CPU', cuda, { cuda: good, cpu: good }, true],
  ['cannot be compared with the CPU', cuda, { cuda: good, cpu: failed('out of memory') }, false],
  ['fails on the CPU', cuda, { cuda: good, cpu: thrower(failed('not implemented')) }, false],
  ['is refused', CPU, { cpu: longest }, false],
  ['has too little memory', CPU, { cpu: thrower(failed('bad_alloc')) }, false],
  [
    'has too little memory for the longest',
    CPU,
    {
      cpu: (sequences) => {
        if (sequences.some(({ length }) => length > 50)) throw failed('bad_alloc');
        return good(sequences);
      },
    },
    false,
  ],
])('a model that %s: whether it passed', async (_, device, fakes, passed) => {
  expect((await tried(device, fakes)).passed).toBe(passed);
});

const built = { model: Buffer.alloc(0), folder: '/m' } as unknown as NonNullable<ModelSource['built']>;
const weights = '/m/model.safetensors';

test.each<[what: string, of: Partial<ModelSource>, says: RegExp]>([
  ['an export', {}, /\(ACGTACGTACGT, in column 0\).*; re-export it, in float32 if it uses less precision$/],
  ['a protein model', { alphabet: 'protein' }, /\(ACGTACGTACGT as amino acids, in column 0\)/],
  [
    'published weights',
    { built, modelPath: weights },
    /safetensors: gives NaN .*; download the weights again; if it stays so, .* use other weights$/,
  ],
  [
    'weights in the cache of Hugging Face',
    { built, modelPath: '/c/models--a--b/snapshots/c0ffee/model.safetensors' },
    /; run `holdfast models get a\/b@c0ffee`/,
  ],
  ['weights in fp16', { built, modelPath: weights, precision: 'fp16' }, /; choose --precision fp32/],
])('%s without numbers are refused with what can help', async (_, of, says) => {
  const { refused: errorText } = await tried(CPU, { cpu: () => [Number.NaN, 1] }, { ...source, ...of });
  expect(errorText).toMatch(says);
});
