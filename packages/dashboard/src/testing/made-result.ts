import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { formats, layout, type RunOutputs, writeResultRecord } from '@holdfast/run-folder';

/** IDs of markup are as good as others. */
export const MARKUP = '<script>alert(1)</script>';

/** Rows of a result that {@link makeResult} writes; the third and the last are near to each other. */
export const MADE = {
  ids: ['seg1', MARKUP, 'seg3', 'seg4'],
  rows: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0.1, 1),
  dim: 3,
};

/** Other rows of the same sequences: the first and the last are near to each other. */
const CLS = Float32Array.of(1, 0, 0, 1, 0, -1, 2, 0.1);
const OUTPUTS: RunOutputs = {
  dim: MADE.dim,
  rows: [{ name: 'cls.layer_2', dim: 2, layer: 'last_hidden_state', pooling: 'cls' }],
  pairs: [{ name: 'contacts', layer: 'contacts' }],
};

const PROVENANCE = {
  model: { name: 'made', fingerprint: 'f' },
  model_options: { pooling: 'mean', layer: 'last_hidden_state', long_sequences: 'truncate' },
  batch_tokens: 1,
  starts: [],
};

/**
 * Writes a small result into a folder, as a run does.
 *
 * @param several whether it has rows of `cls.layer_2` too, and a record of contacts, whose file is missing.
 */
export async function makeResult(
  folder: string,
  { table = true, several = false }: { table?: boolean; several?: boolean } = {},
): Promise<void> {
  const { ids, rows, dim } = MADE;
  const place = layout(folder);
  const matrix = async (path: string, numbers: Float32Array, width: number) => {
    const parts: Uint8Array[] = [];
    await formats.safetensors(
      { write: async (part) => void parts.push(Uint8Array.from(part)) },
      {
        shape: [ids.length, width],
        columns: null,
        facts: { model: 'made' },
        ids: async () => ids,
        async *chunks() {
          yield new Uint8Array(numbers.buffer);
        },
      },
    );
    writeFileSync(path, Buffer.concat(parts));
  };
  const files = [place.embeddings('safetensors'), place.ids, ...(table ? [place.sequences] : [])];
  await matrix(files[0]!, rows, dim);
  if (several) {
    mkdirSync(place.outputs);
    files.push(place.output('cls.layer_2.safetensors'));
    await matrix(files.at(-1)!, CLS, 2);
  }
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
  await writeResultRecord(place.result, {
    format: 1,
    run: 'f'.repeat(64),
    sequences: ids.length,
    dim,
    ...(several && { outputs: OUTPUTS, provenance: PROVENANCE }),
    files: files.map((path) => {
      const bytes = readFileSync(path);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      return { file: relative(folder, path), bytes: bytes.length, sha256 };
    }),
    warnings: [],
  });
}
