import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { SessionModel } from '../src/embedding-model.js';
import type { ModelSource } from '../src/model-source.js';
import { bytes } from './support.js';

export type Fed = Record<string, { data: number[]; dims: readonly number[] }>;

/** The graph's inputs for these sequences, call by call; computes nothing. */
export async function fedInputs(source: ModelSource, sequences: readonly string[]): Promise<Fed[]> {
  const fed: Fed[] = [];
  const model = new SessionModel(source, {
    async run(feeds: InferenceSession.FeedsType) {
      const copied = Object.entries(feeds).map(([name, value]) => {
        const { data, dims } = value as Tensor;
        return [name, { data: Array.from(data as BigInt64Array | Int32Array, Number), dims }];
      });
      fed.push(Object.fromEntries(copied));
      throw new Error('only the inputs are needed');
    },
    release: async () => undefined,
  });
  await model.embed(sequences.map(bytes)).catch(() => undefined);
  await model.release();
  return fed;
}
