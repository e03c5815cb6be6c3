import type { Sink } from '@holdfast/pt-serializer';
import type { ExportSource } from '../export-source.js';
import { Names } from '../hdf5/group.js';
import { datasetHeader } from '../hdf5/object-header.js';
import { writeHdf5 } from '../hdf5/out.js';
import { aligned } from '../hdf5/parts.js';
import { COLLECTION, REFERENCE, writeStrings } from '../hdf5/strings.js';
import { textAttributes } from '../hdf5/text-attributes.js';
import { FLOAT32, TEXT } from '../hdf5/types.js';
import { batches, inParts } from '../table.js';

/**
 * HDF5 with one dataset a row, as bio_embeddings writes it and ProtSpace reads it: `[dim]` float32, named by its ID, which it has as the
 * attribute `original_id` too. The file's own attributes say how the rows were computed.
 */
export async function writeH5(sink: Sink, source: ExportSource): Promise<void> {
  const { dim } = source;
  const bytes = dim * 4;
  await writeHdf5(sink, async (out) => {
    const names = new Names();
    const step = async (ids: readonly string[], data: Float32Array | null) => {
      const references = await writeStrings(out, ids);
      const parts: Uint8Array[] = [];
      let position = out.position;
      for (const [at, id] of ids.entries()) {
        const reference = references.subarray(at * REFERENCE, (at + 1) * REFERENCE);
        const original = { name: 'original_id', shape: [], type: TEXT, data: reference };
        const rowOf = (address: number) =>
          datasetHeader({ type: FLOAT32, shape: [dim], address, bytes }, [original]);
        const length = rowOf(0).length;
        names.add(h5Name(id), position);
        parts.push(rowOf(position + length));
        const row = Buffer.alloc(aligned(bytes));
        if (data !== null) row.set(new Uint8Array(data.buffer, data.byteOffset + at * bytes, bytes));
        parts.push(row);
        position += length + row.length;
      }
      await out.write(Buffer.concat(parts));
    };
    if (out.measures) for await (const ids of inParts(source.ids(), COLLECTION)) await step(ids, null);
    else
      for await (const { ids, data } of batches({ ...source, lines: null }, COLLECTION))
        await step(ids, data);
    return names.write(out, await textAttributes(out, source.facts));
  });
}

/**
 * The name of an ID's dataset. HDF5 takes a slash as the end of a group's name and a dot as the group itself, so both are written as in an
 * address, `%2F` and `%2E`, and the percent sign too: two IDs never have one name.
 */
export function h5Name(id: string): string {
  const name = id.replaceAll('%', '%25').replaceAll('/', '%2F');
  return name === '.' || name === '..' ? name.replaceAll('.', '%2E') : name;
}
