import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type FormatName, formats, layout, writeResultRecord } from '@holdfast/run-folder';

/** What a result is made of. */
export interface Made {
  ids: readonly string[];
  /** Row-major. */
  rows: Float32Array;
  format?: FormatName;
  /** The lines of `sequences.tsv`, without its header. Default: no table. */
  sequences?: readonly string[];
}

/** Writes a result into a folder, as a run does. */
export async function writeResult(
  folder: string,
  { ids, rows, format = 'safetensors', sequences }: Made,
): Promise<void> {
  const place = layout(folder);
  const dim = ids.length === 0 ? 0 : rows.length / ids.length;
  const parts: Uint8Array[] = [];
  const write = async (part: Uint8Array) => void parts.push(Uint8Array.from(part));
  await formats[format](
    { write },
    {
      shape: [ids.length, dim],
      columns: null,
      facts: { model: 'made' },
      ids: async () => [...ids],
      async *chunks() {
        yield new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
      },
    },
  );
  const files = [place.embeddings(format), place.ids];
  writeFileSync(place.embeddings(format), Buffer.concat(parts));
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
    files: files.map((path) => {
      const bytes = readFileSync(join(folder, basename(path)));
      return {
        file: basename(path),
        bytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      };
    }),
    warnings: [],
  });
}
