import { type Result, rowIds, type StoredValues, type ValueReader } from '@holdfast/result';
import { settingsFacts } from '@holdfast/run-folder';
import type { StoredType } from './stored-type.js';

/** Numbers of which each sequence has as many as its length asks for, to be exported. All of it is streamed. */
export interface ValueSource {
  /** The output's name, such as `per_token.layer_33`. */
  name: string;
  /** Sequences. */
  rows: number;
  /** How the numbers of `values` are stored. */
  dtype: StoredType;
  /** How the numbers were computed. */
  facts: Readonly<Record<string, string>>;
  /** The IDs in the rows' order, in lists. */
  ids(): AsyncIterable<string[]>;
  /** The shapes in the rows' order, in lists. */
  shapes(): AsyncIterable<readonly (readonly [number, number])[]>;
  /** The numbers in the rows' order. */
  values(): AsyncIterable<StoredValues>;
}

/** @param reader of the output, which the caller closes. @param name of it. */
export function valueSource({ record, ids }: Result, reader: ValueReader, name: string): ValueSource {
  const { provenance, outputs } = record;
  const { pooling: _, ...settings } = provenance === undefined ? {} : settingsFacts(provenance);
  const all = [...(outputs?.tokens ?? []), ...(outputs?.pairs ?? [])];
  const layer = all.find((each) => each.name === name)?.layer;
  return {
    name,
    rows: reader.rows,
    // A result has no other types.
    dtype: reader.dtype as StoredType,
    facts: {
      ...(provenance && { model: provenance.model.name, model_sha256: provenance.model.fingerprint }),
      ...settings,
      ...(layer !== undefined && { layer }),
    },
    ids: () => rowIds(ids),
    shapes: () => reader.shapes(),
    async *values() {
      for (let row = 0; row < reader.rows; row++) yield await reader.stored(row);
    },
  };
}
