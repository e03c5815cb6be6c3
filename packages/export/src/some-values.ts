import type { StoredValues, ValueReader } from '@holdfast/result';
import type { ValueSource } from './value-source.js';

/** Numbers of some sequences, in the order that is asked for. */
export interface SomeValues extends ValueSource {
  /** Each sequence's ID and the shape of its numbers. */
  readonly sequences: readonly { id: string; shape: readonly [number, number] }[];
  /** Whether there is a number for each pair of tokens. */
  readonly pairs: boolean;
  /** The numbers of the sequence at a place in `sequences`, read when they are asked for: row-major, `dtype`. */
  bytes(at: number): Promise<Uint8Array>;
}

/** @param reader of the source, which the caller closes. @param chosen each sequence's ID and row. */
export async function someValues(
  source: ValueSource,
  reader: ValueReader,
  chosen: readonly (readonly [id: string, row: number])[],
): Promise<SomeValues> {
  const sequences: { id: string; shape: readonly [number, number] }[] = [];
  for (const [id, row] of chosen) sequences.push({ id, shape: await reader.shapeOf(row) });
  const read = (at: number): Promise<StoredValues> => reader.stored(chosen[at]![1]);
  return {
    ...source,
    rows: chosen.length,
    sequences,
    pairs: reader.dim === null,
    bytes: async (at) => (await read(at)).bytes,
    async *ids() {
      yield chosen.map(([id]) => id);
    },
    async *shapes() {
      yield sequences.map(({ shape }) => shape);
    },
    async *values() {
      for (let at = 0; at < chosen.length; at++) yield await read(at);
    },
  };
}
