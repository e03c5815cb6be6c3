import { PtFloat, tensor, writePt } from '@holdfast/pt-serializer';
import { RunFolderError } from '@holdfast/run-folder';
import type { ExportSource } from '../export-source.js';
import type { ExportedFile, FormatOptions, OtherRows } from '../format.js';
import { type Batch, batches } from '../table.js';

/** Sequences of a file, as VirNucPro cuts its input. */
const FILE = 10_000;

/**
 * VirNucPro's files, 10,000 sequences each. Rows of a DNABERT model become `output_N_DNABERT_S.pt`, those of an ESM model
 * `output_N_ESM.pt`: its merge step reads both. With the rows of the other model too, they become `output_N_merged.pt`, which its predict
 * step reads: nucleotides first, then the protein, under the same ID.
 *
 * @throws RunFolderError if the model is of neither kind, both are of one kind, or an ID has no row in the other result.
 */
export async function* virnucproFiles(
  source: ExportSource,
  { mergeWith }: FormatOptions,
): AsyncGenerator<ExportedFile> {
  const side = sideOf(source);
  if (mergeWith !== undefined && sideOf(mergeWith.source) === side)
    throw new RunFolderError(
      `both results are of ${side === 'ESM' ? 'an ESM' : 'a DNABERT'} model; a merged file joins one of a DNABERT and one of an ESM model`,
    );
  let file = 0;
  for await (const batch of batches({ ...source, lines: null }, FILE)) {
    const name = `output_${file++}_${mergeWith === undefined ? side : 'merged'}`;
    const value =
      mergeWith !== undefined
        ? await merged(batch, source.dim, mergeWith, side)
        : side === 'ESM'
          ? proteins(batch, source.dim)
          : nucleotides(batch, source.dim);
    yield { name: `${name}.pt`, write: async (sink) => void (await writePt(sink, value, { name })) };
  }
}

function sideOf({ model }: ExportSource): 'ESM' | 'DNABERT_S' {
  if (/esm/i.test(model)) return 'ESM';
  if (/dnabert/i.test(model)) return 'DNABERT_S';
  throw new RunFolderError(
    `VirNucPro takes rows of DNABERT-S and ESM-2; the model of this result is ${model || 'not known'}`,
  );
}

const rowOf = ({ data }: Batch, dim: number, row: number) => data.subarray(row * dim, (row + 1) * dim);

const proteins = (batch: Batch, dim: number) => ({
  proteins: batch.ids,
  data: batch.ids.map((_, row) => tensor('float32', [dim], rowOf(batch, dim, row))),
});

/** Its rows are lists of Python's floats. */
const nucleotides = (batch: Batch, dim: number) => ({
  nucleotide: batch.ids,
  data: batch.ids.map((label, row) => ({
    label,
    mean_representation: Array.from(rowOf(batch, dim, row), (number) =>
      Number.isInteger(number) ? new PtFloat(number) : number,
    ),
  })),
});

async function merged(batch: Batch, dim: number, other: OtherRows, side: 'ESM' | 'DNABERT_S') {
  const width = dim + other.source.dim;
  const data = new Float32Array(batch.rows * width);
  const [own, others] = side === 'ESM' ? [other.source.dim, 0] : [0, dim];
  for (const [row, id] of batch.ids.entries()) {
    const found = await other.row(id);
    if (found === null)
      throw new RunFolderError(
        `${id} has no row in the result to merge with; both must have rows of the same IDs`,
      );
    data.set(rowOf(batch, dim, row), row * width + own);
    data.set(found, row * width + others);
  }
  return { ids: batch.ids, data: tensor('float32', [batch.rows, width], data) };
}
