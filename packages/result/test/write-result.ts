import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Sink } from '@holdfast/pt-serializer';
import {
  columnBytes,
  type FormatName,
  formats,
  layout,
  type ResultRecord,
  type RunOutputs,
  storedTypeOf,
  valueFiles,
  valueFormats,
  writeResultRecord,
} from '@holdfast/run-folder';

/** What a result is made of. */
export interface Made {
  ids: readonly string[];
  /** Row-major. */
  rows: Float32Array;
  format?: FormatName;
  /** The lines of `sequences.tsv`, without its header. Default: no table. */
  sequences?: readonly string[];
  /** How it came to be. Default: it does not say. */
  provenance?: ResultRecord['provenance'];
  /** What else there is, and how numbers are stored. Default: nothing, and float32. */
  outputs?: RunOutputs;
  /** By its name: rows, or numbers of which each row has as many as `counts` says. */
  further?: Readonly<Record<string, Float32Array | { counts: readonly number[]; numbers: Float32Array }>>;
}

/** Writes a result into a folder, as a run does. */
export async function writeResult(
  folder: string,
  { ids, rows, format = 'safetensors', sequences, provenance, outputs, further = {} }: Made,
): Promise<void> {
  const place = layout(folder);
  const dim = ids.length === 0 ? 0 : rows.length / ids.length;
  const dtype = storedTypeOf(outputs);
  const once = (numbers: Float32Array) => () =>
    stream(columnBytes(numbers, { width: 1, first: 0, dim: 1, dtype }));
  const facts = { model: 'made' };
  const named = async () => [...ids];
  const matrix = (numbers: Float32Array, width: number) => ({
    shape: [ids.length, width] as const,
    dtype,
    columns: null,
    facts,
    ids: named,
    chunks: once(numbers),
  });
  const files = [place.embeddings(format), place.ids];
  await writeParts(place.embeddings(format), (sink) => formats[format](sink, matrix(rows, dim)));
  if (outputs !== undefined) mkdirSync(place.outputs);
  for (const { name, dim: width } of outputs?.rows ?? []) {
    files.push(place.output(`${name}.${format}`));
    const numbers = further[name] as Float32Array;
    await writeParts(files.at(-1)!, (sink) => formats[format](sink, matrix(numbers, width)));
  }
  for (const { name, dim: width } of outputs === undefined ? [] : valueFiles(outputs)) {
    const { counts, numbers } = further[name] as { counts: readonly number[]; numbers: Float32Array };
    const ends = [0n];
    for (const count of counts) ends.push(ends.at(-1)! + BigInt(count));
    const total = Number(ends.at(-1));
    const values = {
      offsets: {
        dtype: 'int64' as const,
        shape: [ends.length],
        chunks: () => stream(BigInt64Array.from(ends)),
      },
      values: { dtype, shape: width === null ? [total] : [total, width], chunks: once(numbers) },
      facts,
      ids: named,
    };
    for (const { file, write } of valueFormats[format](name)) {
      files.push(place.output(file));
      await writeParts(files.at(-1)!, (sink) => write(sink, values));
    }
  }
  writeFileSync(place.ids, ids.map((id) => `${id}\n`).join(''));
  if (sequences !== undefined) {
    const header =
      'ordinal\tid\tdescription\tfile\tlength\ttokens\ttruncated\tduplicate_of\tquarantined\trow\tshard\tbatch';
    writeFileSync(place.sequences, [header, ...sequences].map((line) => `${line}\n`).join(''));
    files.push(place.sequences);
  }
  await writeResultRecord(place.result, {
    format: 1,
    run: 'f'.repeat(64),
    sequences: ids.length,
    dim,
    ...(outputs && { outputs }),
    ...(provenance && { provenance }),
    files: files.map((path) => {
      const bytes = readFileSync(path);
      return {
        file: relative(folder, path),
        bytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      };
    }),
    warnings: [],
  });
}

async function* stream(numbers: Uint8Array | BigInt64Array): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

async function writeParts(path: string, produce: (sink: Sink) => Promise<void>): Promise<void> {
  const parts: Uint8Array[] = [];
  await produce({ write: async (part) => void parts.push(Uint8Array.from(part)) });
  writeFileSync(path, Buffer.concat(parts));
}
