import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type FormatName, formats, layout, writeResultRecord } from '@holdfast/run-folder';

/** What a result is made of. */
export interface Made {
  ids: readonly string[];
  /** Row-major. */
  rows: Float32Array;
  dim?: number;
  format?: FormatName;
  facts?: Readonly<Record<string, string>>;
  columns?: readonly string[] | null;
  /** The lines of `sequences.tsv`, without its header. Default: one for each ID; null: no table. */
  sequences?: readonly string[] | null;
  /** The lines of `quarantine.tsv`, without its header. Default: no table. */
  quarantine?: readonly string[];
}

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

/** Writes a result into a folder, as a run does. */
export async function writeResult(folder: string, made: Made): Promise<void> {
  const { ids, rows, format = 'safetensors', columns = null, quarantine } = made;
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
  await writeResultRecord(place.result, {
    format: 1,
    run: 'f'.repeat(64),
    sequences: ids.length,
    quarantined: quarantine?.length ?? 0,
    dim,
    files: files.map((path) => {
      const bytes = readFileSync(join(folder, basename(path)));
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      return { file: basename(path), bytes: bytes.length, sha256 };
    }),
    warnings: [],
  });
}
