import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import {
  type FormatName,
  formats,
  layout,
  type RunOutputs,
  valueFormats,
  writeResultRecord,
} from '@holdfast/run-folder';

/** What a result is made of. */
export interface Made {
  ids: readonly string[];
  /** Row-major; the bits of `dtype` if that is half a float32. */
  rows: Float32Array | Uint16Array;
  /** How all numbers are stored. Default: float32. */
  dtype?: 'float32' | 'float16' | 'bfloat16';
  dim?: number;
  format?: FormatName;
  facts?: Readonly<Record<string, string>>;
  columns?: readonly string[] | null;
  /** The lines of `sequences.tsv`, without its header. Default: one for each ID; null: no table. */
  sequences?: readonly string[] | null;
  /** How the embeddings were made, as a run records it. Default: it does not say. */
  options?: { pooling: string; layer: string; layer_name?: string };
  /** The lines of `quarantine.tsv`, without its header. Default: no table. */
  quarantine?: readonly string[];
  /** Numbers of each sequence's tokens by the output's name, [tokens, dim]; a dim of null: of pairs of tokens. Default: none. */
  values?: Readonly<Record<string, { dim: number | null; tokens: readonly number[] }>>;
}

/** The numbers of a sequence of an output that `writeResult` writes. */
export const valuesOf = (row: number, count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, at) => row + at / 8);

const HEADER =
  'ordinal\tid\tdescription\tfile\tlength\ttokens\ttruncated\tduplicate_of\tquarantined\trow\tshard\tbatch';

/** A line of `sequences.tsv` for each ID; some lack what a sequence may lack. */
export const linesOf = (ids: readonly string[]): string[] =>
  ids.map((id, at) =>
    [
      at,
      id,
      `about ${id}`,
      'x.fa',
      10 + at,
      at % 3 ? 12 + at : '',
      ['yes', 'no', ''][at % 3],
      at % 4 ? '' : at,
      'no',
      at,
      0,
      at >> 1,
    ].join('\t'),
  );

/** Numbers that tell rows apart. */
export const rowsOf = (count: number, dim: number): Float32Array =>
  Float32Array.from({ length: count * dim }, (_, at) => Math.sin(at) / 3);

/** The bits of numbers in half the room, cut off: what they are is read back from the bits. */
export const halfBits = (numbers: Float32Array, dtype: 'float16' | 'bfloat16'): Uint16Array =>
  Uint16Array.from(new Uint32Array(numbers.slice().buffer), (bits) =>
    dtype === 'bfloat16'
      ? bits >>> 16
      : (bits & 0x7fffffff) < 0x38800000
        ? 0
        : ((bits >>> 16) & 0x8000) | (((bits & 0x7fffffff) - 0x38000000) >>> 13),
  );

/** Writes a result into a folder, as a run does. */
export async function writeResult(folder: string, made: Made): Promise<void> {
  const { ids, rows, format = 'safetensors', dtype = 'float32', columns = null, quarantine } = made;
  const {
    dim = ids.length === 0 ? 0 : rows.length / ids.length,
    facts = { model: 'made', pooling: 'mean' },
  } = made;
  const { sequences = linesOf(ids) } = made;
  const place = layout(folder);
  const parts: Uint8Array[] = [];
  await formats[format](
    { write: async (part) => void parts.push(Uint8Array.from(part)) },
    {
      shape: [ids.length, dim],
      dtype,
      columns,
      facts: { ...facts, row_ids: 'ids.txt' },
      ids: async () => [...ids],
      async *chunks() {
        yield new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
      },
    },
  );
  const lines = (list: readonly string[]) => list.map((line) => `${line}\n`).join('');
  writeFileSync(place.embeddings(format), Buffer.concat(parts));
  writeFileSync(place.ids, lines(ids));
  const files = [place.embeddings(format), place.ids];
  if (sequences !== null) {
    writeFileSync(place.sequences, lines([HEADER, ...sequences]));
    files.push(place.sequences);
  }
  if (quarantine !== undefined) {
    writeFileSync(place.quarantine, lines(['# id\tordinal\tkind\tattempts\terror', ...quarantine]));
    files.push(place.quarantine);
  }
  const outputs: RunOutputs = {
    dim,
    ...(dtype !== 'float32' && { dtype }),
    tokens: Object.entries(made.values ?? {}).flatMap(([name, { dim: width }]) =>
      width === null ? [] : [{ name, dim: width, layer: 'last_hidden_state' }],
    ),
    pairs: Object.entries(made.values ?? {}).flatMap(([name, { dim: width }]) =>
      width === null ? [{ name, layer: name }] : [],
    ),
  };
  if (made.values !== undefined) mkdirSync(place.outputs, { recursive: true });
  for (const [name, { dim: width, tokens }] of Object.entries(made.values ?? {})) {
    const ends = [0n];
    for (const count of tokens) ends.push(ends.at(-1)! + BigInt(width === null ? count * count : count));
    const numbers = tokens.map((count, row) => {
      const plain = valuesOf(row, count * (width ?? count));
      return dtype === 'float32' ? plain : halfBits(plain, dtype);
    });
    const total = Number(ends.at(-1));
    for (const { file, write } of valueFormats[format](name)) {
      const pieces: Uint8Array[] = [];
      await write(
        { write: async (part) => void pieces.push(Uint8Array.from(part)) },
        {
          offsets: {
            dtype: 'int64',
            shape: [ends.length],
            chunks: () => bytesOf([BigInt64Array.from(ends)]),
          },
          values: {
            dtype,
            shape: width === null ? [total] : [total, width],
            chunks: () => bytesOf(numbers),
          },
          facts: {},
          ids: async () => [...ids],
        },
      );
      writeFileSync(place.output(file), Buffer.concat(pieces));
      files.push(place.output(file));
    }
  }
  await writeResultRecord(place.result, {
    format: 1,
    run: 'f'.repeat(64),
    sequences: ids.length,
    quarantined: quarantine?.length ?? 0,
    dim,
    ...((made.values !== undefined || dtype !== 'float32') && { outputs }),
    ...(made.options && {
      provenance: {
        model: { name: 'made', fingerprint: 'f' },
        model_options: { ...made.options, long_sequences: 'truncate' },
        batch_tokens: 1,
        starts: [],
      },
    }),
    files: files.map((path) => {
      const bytes = readFileSync(path);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      return { file: relative(folder, path), bytes: bytes.length, sha256 };
    }),
    warnings: [],
  });
}

async function* bytesOf(
  numbers: readonly (Float32Array | Uint16Array | BigInt64Array)[],
): AsyncGenerator<Uint8Array> {
  for (const each of numbers) yield new Uint8Array(each.buffer, each.byteOffset, each.byteLength);
}
