import type { SequenceIndex } from '@holdfast/plan';

/** Finds the sequence of a row of a batch, for messages: its place in the input, and its ID. */
export function identifyRow(index: SequenceIndex) {
  return async (batch: number, row: number): Promise<{ ordinal: number; id: string }> => {
    const position = index.batchRange(batch)[0] + row;
    const [id] = await index.ids(position, position + 1);
    return { ordinal: await index.ordinalAt(position), id: id! };
  };
}
