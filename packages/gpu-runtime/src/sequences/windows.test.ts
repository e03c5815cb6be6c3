import fc from 'fast-check';
import { Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bytes, fixture, globins, lambda } from '../../test/support.js';
import { type EmbeddingModel, SessionModel } from '../embedding-model.js';
import { loadModel } from '../load-model.js';
import type { ModelSource } from '../model-source.js';
import { resolveModel } from '../resolve-model.js';
import { tokensOf } from './tokens-of.js';
import { cutWindows, withinBudget } from './windows.js';

const DIM = 32;
let truncating: EmbeddingModel;
beforeAll(async () => {
  truncating = await loadModel(await resolveModel(fixture('tiny_esm2')));
});
afterAll(() => truncating.release());

/** The same graph with shorter windows than ESM's, so real proteins are cut. */
async function windowed(residues: number, overlap: number, change: Partial<ModelSource> = {}) {
  const source = await resolveModel(fixture('tiny_esm2'), {
    longSequences: 'windows',
    windowOverlap: overlap,
  });
  return loadModel({ ...source, windows: { residues, overlap }, ...change });
}

test('a sequence is cut at every step, and its windows cover it', () => {
  const cut = (length: number, residues: number, overlap: number) =>
    cutWindows({ residues, overlap }, [bytes('ABCDEFGHIJKLMNOP'.slice(0, length))]).pieces.map((piece) =>
      Buffer.from(piece).toString(),
    );
  expect(cut(10, 4, 0)).toEqual(['ABCD', 'EFGH', 'IJ']);
  expect(cut(10, 4, 1)).toEqual(['ABCD', 'DEFG', 'GHIJ']);
  expect(cut(4, 4, 3)).toEqual(['ABCD']);
  expect(cut(0, 4, 0)).toEqual(['']);
});

test('every residue is in a window, no window is longer than asked, and none is inside another', () => {
  fc.assert(
    fc.property(fc.nat(200), fc.integer({ min: 1, max: 50 }), fc.nat(49), (length, residues, some) => {
      const overlap = some % residues;
      const sequence = Uint8Array.from({ length }, (_, i) => i);
      const { pieces } = cutWindows({ residues, overlap }, [sequence]);
      expect([...new Set(pieces.flatMap((piece) => [...piece]))]).toEqual([...sequence]);
      expect(Math.max(...pieces.map((piece) => piece.byteLength))).toBeLessThanOrEqual(residues);
      pieces.slice(1).forEach((piece, i) => {
        expect(piece.at(-1)).toBeGreaterThan(pieces[i]!.at(-1)!);
        expect(pieces[i]!.at(-1)! + 1 - piece[0]!).toBe(overlap);
      });
    }),
  );
});

test('ranges within a budget contain all pieces in order, and exceed it only with a single piece', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 40 })),
      fc.integer({ min: 1, max: 100 }),
      (tokens, budget) => {
        const runs = withinBudget(tokens, budget);
        expect(runs.flatMap(([first, end]) => tokens.slice(first, end))).toEqual(tokens);
        for (const [first, end] of runs) {
          const padded = (end - first) * Math.max(...tokens.slice(first, end));
          expect(padded <= budget || end - first === 1).toBe(true);
        }
      },
    ),
  );
});

test.each([
  [50, 0, 16_384],
  [50, 0, 60],
  [60, 17, 200],
])(
  'the row is the mean of the windows’ rows by their residues: %d residues, overlap %d',
  async (residues, overlap, batchTokens) => {
    const model = await windowed(residues, overlap, { batchTokens });
    const proteins = [...(await globins()).slice(0, 4), 'MKT', ''];
    const rows = await model.embed(proteins.map(bytes));
    for (const [at, protein] of proteins.entries()) {
      const { pieces } = cutWindows({ residues, overlap }, [bytes(protein)]);
      const sum = new Array<number>(DIM).fill(0);
      for (const piece of pieces) {
        const row = await truncating.embed([piece]);
        row.forEach((value, i) => {
          sum[i]! += value * piece.byteLength;
        });
      }
      const total = pieces.reduce((all, { byteLength }) => all + byteLength, 0);
      sum.forEach((value, i) => {
        expect(rows[at * DIM + i]).toBeCloseTo(value / Math.max(total, 1), 4);
      });
    }
    await model.release();
  },
);

test('calls of windows are as large as asked, at least one window each, and the rows are the same', async () => {
  const source = { ...truncating.source, windows: { residues: 50, overlap: 0 } };
  const shapes: (readonly number[])[] = [];
  const session: ConstructorParameters<typeof SessionModel>[1] = {
    async run(feeds) {
      const { dims } = feeds['input_ids'] as Tensor;
      shapes.push(dims);
      return {
        last_hidden_state: new Tensor('float32', new Float32Array(dims[0]! * dims[1]! * DIM), [...dims, DIM]),
      };
    },
    release: async () => undefined,
  };
  const model = new SessionModel(source, session);
  const protein = bytes('MKTAYIAKQR'.repeat(20));
  const runs = async (windowTokens?: number) => {
    shapes.length = 0;
    await model.embed([protein], { windowTokens });
    return shapes.map(([n]) => n);
  };
  expect([await runs(), await runs(2 * 52), await runs(51), await runs(0)]).toEqual([
    [4],
    [2, 2],
    [1, 1, 1, 1],
    [1, 1, 1, 1],
  ]);
});

test('with max, the row is the maximum over the windows', async () => {
  const source = await resolveModel(fixture('tiny_esm2'), { pooling: 'max', longSequences: 'windows' });
  const whole = await loadModel(source);
  const model = await loadModel({ ...source, windows: { residues: 50, overlap: 0 } });
  const protein = (await globins())[0]!;
  const row = await model.embed([bytes(protein)]);
  const pieces: Float32Array[] = [];
  for (const piece of cutWindows({ residues: 50, overlap: 0 }, [bytes(protein)]).pieces) {
    pieces.push(await whole.embed([piece]));
  }
  expect(pieces).toHaveLength(4);
  row.forEach((value, i) => {
    expect(value).toBeCloseTo(Math.max(...pieces.map((piece) => piece[i]!)), 4);
  });
  await model.release();
  await whole.release();
});

test('tokensOf counts the tokens of each window, including a shorter last one', async () => {
  const source = await resolveModel(fixture('tiny_esm2'), { longSequences: 'windows' });
  fc.assert(
    fc.property(fc.nat(300), fc.integer({ min: 1, max: 50 }), fc.nat(49), (length, residues, some) => {
      const windows = { residues, overlap: some % residues };
      const { pieces } = cutWindows(windows, [new Uint8Array(length)]);
      const tokens = pieces.reduce((sum, { byteLength }) => sum + byteLength + 2, 0);
      expect(tokensOf({ ...source, windows }, length)).toBe(tokens);
      // No window has more tokens than the model takes.
      const most = pieces.reduce((sum, { byteLength }) => sum + Math.min(byteLength + 2, 12), 0);
      expect(tokensOf({ ...source, windows, maxTokens: 12 }, length)).toBe(most);
    }),
  );
});

test('a model that cuts windows reads all residues, and tokensOf counts every window', async () => {
  const source = await resolveModel(fixture('tiny_esm2'), { longSequences: 'windows' });
  expect(source).toMatchObject({
    maxResidues: Number.POSITIVE_INFINITY,
    windows: { residues: 1022, overlap: 0 },
  });
  expect([0, 10, 1022, 1023, 2044, 2045].map((residues) => tokensOf(source, residues))).toEqual([
    2, 12, 1024, 1027, 2048, 2051,
  ]);
});

test('with a tokenizer, windows with as many residues as the model takes tokens always fit', async () => {
  const model = await loadModel(await resolveModel(fixture('dna_encoder'), { longSequences: 'windows' }));
  expect(model.source.windows).toEqual({ residues: 254, overlap: 0 });
  const truncated: number[] = [];
  const onTruncated = (at: number) => truncated.push(at);
  await model.embed([bytes('NACGN'.repeat(200)), bytes((await lambda()).slice(0, 3000))], { onTruncated });
  expect(truncated).toEqual([]);
  await model.release();
});

test.each<[string, Parameters<typeof resolveModel>, string, RegExp]>([
  [
    'of a model that reads any length',
    ['tnf', { longSequences: 'windows' }],
    'model_unsupported',
    /reads sequences of any length whole, so there are no windows to cut; choose truncate .*, or set maxResidues in holdfast\.json$/,
  ],
  [
    'that overlap entirely',
    [fixture('tiny_esm2'), { longSequences: 'windows', windowOverlap: 1022 }],
    'model_mismatch',
    /windows of 1022 residues cannot overlap by 1022; choose 0 to 1021/,
  ],
])('windows %s are refused', async (_, call, code, message) => {
  await expect(resolveModel(...call)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
});
