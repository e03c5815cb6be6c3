import { tensor, writePt } from '@holdfast/pt-serializer';
import type { Numbers, ValueFormat, WriteFormat } from './format.js';

const tensorOf = ({ dtype, shape, chunks }: Numbers) => tensor(dtype, shape, chunks);

/** A `.pt` of the same shape as a checkpoint: `embeddings`, `sequence_ids`, `metadata`. */
export const writePtResult: WriteFormat = async (
  sink,
  { shape, dtype = 'float32', columns, facts, ids, chunks },
) => {
  const value = {
    embeddings: tensorOf({ dtype, shape, chunks }),
    sequence_ids: await ids(),
    metadata: { ...facts, ...(columns ? { columns: [...columns] } : {}) },
  };
  await writePt(sink, value, { name: 'embeddings' });
};

export const ptValues: ValueFormat = (name) => [
  {
    file: `${name}.pt`,
    async write(sink, { offsets, values, facts, ids }) {
      const value = {
        values: tensorOf(values),
        offsets: tensorOf(offsets),
        sequence_ids: await ids(),
        metadata: facts,
      };
      await writePt(sink, value, { name });
    },
  },
];
