import type { Sink } from '@holdfast/pt-serializer';
import type { ExportSource } from '../export-source.js';
import { writeMatrix, writeTexts } from '../hdf5/arrays.js';
import { Names } from '../hdf5/group.js';
import { writeHdf5 } from '../hdf5/out.js';
import { textAttributes } from '../hdf5/text-attributes.js';

/** HDF5 with one matrix: `embeddings` [rows, dim] float32 or float16, and `ids`. The file's own attributes say how the rows were computed. */
export async function writeH5Matrix(sink: Sink, source: ExportSource): Promise<void> {
  const { rows } = source;
  await writeHdf5(sink, async (out) => {
    const names = new Names();
    names.add('embeddings', await writeMatrix(out, source));
    names.add('ids', await writeTexts(out, rows, source.ids()));
    return names.write(out, await textAttributes(out, source.facts));
  });
}
