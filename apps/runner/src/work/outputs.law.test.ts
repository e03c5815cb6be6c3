import { readdir, rm } from 'node:fs/promises';
import type { EmbeddingModel, ModelSource, StoredType, TokenValues } from '@holdfast/gpu-runtime';
import { type FormatName, outputsOf } from '@holdfast/run-folder';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { numbersIn } from '../../test/numbers.js';
import { completeShards, kills } from '../../test/shard-lives.js';
import { indexed } from '../../test/support.js';
import { assemble } from '../result/assemble.js';

// All numbers are whole and below 256, so each type of stored numbers holds them.
const sums = (residues: Uint8Array) => {
  let [plain, weighed] = [0, 0];
  residues.forEach((residue, i) => {
    plain = (plain * 31 + residue) % 251;
    weighed = (weighed + residue * (i + 1)) % 251;
  });
  return { plain, weighed };
};
const rowOf = (residues: Uint8Array) => {
  const { plain, weighed } = sums(residues);
  return [residues.length, plain, weighed];
};
const otherRowOf = (residues: Uint8Array) => [sums(residues).weighed % 13, residues[0]!];
const tokensOf = (residues: Uint8Array) => [...residues].flatMap((residue, i) => [residue, i]);
const pairsOf = (residues: Uint8Array) =>
  [...residues].flatMap((residue, i) => [...residues].map((_, j) => (residue + i * 3 + j) % 256));

/** A model without ONNX that gives a row, another row, two numbers of each residue, and one of each pair. */
function fullModel(dtype: StoredType): EmbeddingModel {
  const source = {
    name: 'full',
    dim: 5,
    ...(dtype !== 'float32' && { dtype }),
    fingerprint: 'f'.repeat(64),
    maxResidues: 100,
    specialTokens: 0,
    recipe: {
      output: { name: 'h', pooling: 'mean' },
      more: {
        rows: [{ name: 'max.h', of: 'h', pooling: 'max', dim: 2 }],
        tokens: [{ name: 'per_token.h', of: 'h', dim: 2 }],
        pairs: [{ name: 'contacts', of: 'contacts' }],
      },
    },
  } as unknown as ModelSource;
  return {
    source,
    async embed(batch, options) {
      for (const [at, residues] of batch.entries()) {
        const data = Float32Array.from([...tokensOf(residues), ...pairsOf(residues)]);
        const values: TokenValues = { tokens: residues.length, data };
        options?.onValues?.(at, values);
      }
      return Float32Array.from(batch.flatMap((residues) => [...rowOf(residues), ...otherRowOf(residues)]));
    },
    release: async () => undefined,
  };
}

const lengths = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 30 });
const letters = fc.infiniteStream(fc.constantFrom(...'AC'));

test('with any lengths, copies, batches, shards, kills, types and formats, every number belongs to its sequence', async () => {
  const property = fc.asyncProperty(
    lengths,
    letters,
    fc.record({ sequences: fc.integer({ min: 1, max: 35 }), residues: fc.integer({ min: 1, max: 400 }) }),
    fc.integer({ min: 1, max: 120 }),
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 1, max: 9 }),
    fc.constantFrom<[StoredType, FormatName]>(
      ['float32', 'safetensors'],
      ['float32', 'npy'],
      ['float16', 'npy'],
      ['float16', 'pt'],
      ['bfloat16', 'pt'],
      ['bfloat16', 'safetensors'],
    ),
    kills({ batches: 4, kills: 3 }),
    async (lengths, letters, window, batchTokens, count, seqThreshold, [dtype, format], lives) => {
      const sequences = lengths.map((length) => [...letters.take(length)].join(''));
      const { place, index } = await indexed(sequences, batchTokens, window, { dedupe: true });
      const model = fullModel(dtype);
      const within = { count, batchTokens, seqThreshold, lives };
      const shards = await completeShards({ place, index, model }, within);
      const { signal } = new AbortController();
      const outputs = outputsOf(model.source);
      const run = { place, run: 'run', index, shards, model: model.source, outputs, format, signal };
      const { files } = await assemble(run);
      await index.close();
      const all = sequences.map((sequence) => Buffer.from(sequence));
      const file = (name: string) => place.output(`${name}.${format}`);
      const only = Object.values(await numbersIn(place.embeddings(format), format));
      expect(only).toEqual([all.flatMap(rowOf)]);
      expect(Object.values(await numbersIn(file('max.h'), format))).toEqual([all.flatMap(otherRowOf)]);
      const ends = (counts: readonly number[]) => {
        const all = [0];
        for (const count of counts) all.push(all.at(-1)! + count);
        return all;
      };
      for (const [name, numbers, each] of [
        ['per_token.h', all.flatMap(tokensOf), all.map(({ length }) => length)],
        ['contacts', all.flatMap(pairsOf), all.map(({ length }) => length ** 2)],
      ] as const) {
        const found = await numbersIn(file(name), format);
        if (format === 'npy') {
          expect(found['embeddings']).toEqual(numbers);
          expect((await numbersIn(file(`${name}.offsets`), format))['embeddings']).toEqual(ends(each));
        } else expect([found['values'], found['offsets']]).toEqual([numbers, ends(each)]);
      }
      expect((await readdir(place.outputs)).sort().map((name) => `more_outputs/${name}`)).toEqual(
        files
          .map((each) => each.file)
          .filter((name) => name.includes('/'))
          .sort(),
      );
      await rm(place.out, { recursive: true });
    },
  );
  await fc.assert(property, { numRuns: 20 });
});
