import { tensor, writePt } from '@holdfast/pt-serializer';
import type { WriteFormat } from './format.js';

/** A `.pt` of the same shape as a checkpoint: `embeddings`, `sequence_ids`, `metadata`. */
export const writePtResult: WriteFormat = async (sink, { shape, columns, facts, ids, chunks }) => {
  const value = {
    embeddings: tensor('float32', shape, chunks),
    sequence_ids: await ids(),
    metadata: { ...facts, ...(columns ? { columns: [...columns] } : {}) },
  };
  await writePt(sink, value, { name: 'embeddings' });
};
