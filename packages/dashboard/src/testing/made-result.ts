import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { formats, layout, writeResultRecord } from '@holdfast/run-folder';

/** IDs of markup are as good as others. */
export const MARKUP = '<script>alert(1)</script>';

/** Rows of a result that {@link makeResult} writes; the third and the last are near to each other. */
export const MADE = {
  ids: ['seg1', MARKUP, 'seg3', 'seg4'],
  rows: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0.1, 1),
  dim: 3,
};

/** Writes a small result into a folder, as a run does. */
export async function makeResult(folder: string, { table = true }: { table?: boolean } = {}): Promise<void> {
  const { ids, rows, dim } = MADE;
  const place = layout(folder);
  const parts: Uint8Array[] = [];
  await formats.safetensors(
    { write: async (part) => void parts.push(Uint8Array.from(part)) },
    {
      shape: [ids.length, dim],
      columns: null,
      facts: { model: 'made' },
      ids: async () => ids,
      async *chunks() {
        yield new Uint8Array(rows.buffer);
      },
    },
  );
  writeFileSync(place.embeddings('safetensors'), Buffer.concat(parts));
  writeFileSync(place.ids, ids.map((id) => `${id}\n`).join(''));
  const columns =
    'ordinal id description file length tokens truncated duplicate_of quarantined row shard batch';
  const lines = ids.map(
    (id, row) =>
      `${row}\t${id}\tabout ${row}\t${row < 2 ? 'a' : 'b'}.fa\t${10 * row}\t5\tno\t\tno\t${row}\t0\t0`,
  );
  // A quarantined sequence stands between the rows.
  lines.splice(1, 0, '9\tbad\t\ta.fa\t7\t5\tno\t\tyes\t\t0\t0');
  if (table) writeFileSync(place.sequences, [columns.replaceAll(' ', '\t'), ...lines, ''].join('\n'));
  const files = [place.embeddings('safetensors'), place.ids, ...(table ? [place.sequences] : [])];
  await writeResultRecord(place.result, {
    format: 1,
    run: 'f'.repeat(64),
    sequences: ids.length,
    dim,
    files: files.map((path) => {
      const bytes = readFileSync(path);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      return { file: basename(path), bytes: bytes.length, sha256 };
    }),
    warnings: [],
  });
}
