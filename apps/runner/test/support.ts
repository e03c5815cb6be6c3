import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmbeddingModel, ModelSource } from '@holdfast/gpu-runtime';
import { type BucketLimits, buildIndex, openIndex, type SequenceIndex } from '@holdfast/plan';
import { type Layout, layout } from '@holdfast/run-folder';
import type { ShardReport } from '../src/work/work-shard.js';

export const DIM = 3;

/** A model without ONNX: a row is the sequence's length, its first byte and its last; it counts what it embeds. */
export function countingModel(): EmbeddingModel & { batches: number; sequences: number } {
  const source = {
    name: 'counting',
    dim: DIM,
    fingerprint: 'f'.repeat(64),
    maxResidues: 100,
    specialTokens: 0,
    recipe: {},
  } as ModelSource;
  const model = {
    source,
    batches: 0,
    sequences: 0,
    async embed(sequences: readonly Uint8Array[]) {
      model.batches++;
      model.sequences += sequences.length;
      return Float32Array.from(sequences.flatMap((each) => [each.length, each[0]!, each.at(-1)!]));
    },
    release: async () => undefined,
  };
  return model;
}

/**
 * An output folder with the index of these sequences, named s0, s1, …; batches of at most `batchTokens` residues, and all
 * in one window unless told otherwise.
 */
export async function indexed(
  sequences: readonly string[],
  batchTokens: number,
  window: Partial<BucketLimits> = {},
  { dedupe = false }: { dedupe?: boolean } = {},
): Promise<{ place: Layout; index: SequenceIndex }> {
  const out = await mkdtemp(join(tmpdir(), 'indexed-'));
  const input = join(out, 'in.fa');
  await writeFile(input, sequences.map((residues, i) => `>s${i}\n${residues}\n`).join(''));
  const place = layout(out);
  await buildIndex({
    inputs: [input],
    folder: place.index,
    allowed: new Uint8Array(256).fill(1),
    hint: '',
    tokensOf: (residues) => residues,
    batchTokens,
    bucket: { sequences: 1000, residues: 1e6, ...window },
    maxResidues: 100,
    dedupe,
  });
  return { place, index: await openIndex(place.index) };
}

/** Told of a shard's work, says nothing. */
export const silentReport = (): ShardReport => {
  const silent = async () => undefined;
  return {
    reading: silent,
    resumed: silent,
    progress: silent,
    batch: () => undefined,
    calling: silent,
    control: silent,
    returned: silent,
    computed: silent,
    quarantined: silent,
    checkpoint: silent,
  };
};
