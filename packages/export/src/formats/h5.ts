import type { Sink } from '@holdfast/pt-serializer';
import type { ExportSource } from '../export-source.js';
import { Names } from '../hdf5/group.js';
import { datasetHeader } from '../hdf5/object-header.js';
import { writeHdf5 } from '../hdf5/out.js';
import { aligned, u64 } from '../hdf5/parts.js';
import { COLLECTION, REFERENCE, writeStrings } from '../hdf5/strings.js';
import { textAttributes } from '../hdf5/text-attributes.js';
import { floatOf, TEXT } from '../hdf5/types.js';
import { type StoredType, WIDTH } from '../stored-type.js';
import { batches, inParts } from '../table.js';

/**
 * HDF5 with one dataset a row, as bio_embeddings writes it and ProtSpace reads it: `[dim]` float32 or float16, named by its ID, which it has as the
 * attribute `original_id` too. The file's own attributes say how the rows were computed.
 */
export async function writeH5(sink: Sink, source: ExportSource): Promise<void> {
  const { dim, dtype } = source;
  const bytes = dim * WIDTH[dtype];
  const header = rowHeader(dim, dtype);
  /** Bytes of a row with its header. */
  const each = header.bytes.length + aligned(bytes);
  await writeHdf5(sink, async (out) => {
    const names = new Names();
    const step = async (ids: readonly string[], data: Uint8Array | null) => {
      const references = await writeStrings(out, ids);
      const { position } = out;
      const piece = Buffer.alloc(ids.length * each);
      for (const [at, id] of ids.entries()) {
        const start = at * each;
        names.add(h5Name(id), position + start);
        piece.set(header.bytes, start);
        piece.writeBigUInt64LE(BigInt(position + start + header.bytes.length), start + header.address);
        references.copy(piece, start + header.original, at * REFERENCE, (at + 1) * REFERENCE);
        if (data !== null)
          piece.set(data.subarray(at * bytes, (at + 1) * bytes), start + header.bytes.length);
      }
      await out.write(piece);
    };
    if (out.measures) for await (const ids of inParts(source.ids(), COLLECTION)) await step(ids, null);
    else
      for await (const batch of batches({ ...source, lines: null }, COLLECTION))
        await step(batch.ids, batch.bytes);
    return names.write(out, await textAttributes(out, source.facts));
  });
}

/** The header of a row, and where in it the address of its numbers and the reference to its ID go. */
function rowHeader(dim: number, dtype: StoredType): { bytes: Buffer; address: number; original: number } {
  const data = Buffer.alloc(REFERENCE, 0xaa);
  const address = 0x1234_5678_9abc;
  const bytes = datasetHeader({ type: floatOf(dtype), shape: [dim], address, bytes: dim * WIDTH[dtype] }, [
    { name: 'original_id', shape: [], type: TEXT, data },
  ]);
  return { bytes, address: bytes.indexOf(u64(address)), original: bytes.indexOf(data) };
}

/**
 * The name of an ID's dataset. HDF5 takes a slash as the end of a group's name and a dot as the group itself, so both are written as in an
 * address, `%2F` and `%2E`, and the percent sign too: two IDs never have one name.
 */
export function h5Name(id: string): string {
  const name = id.replaceAll('%', '%25').replaceAll('/', '%2F');
  return name === '.' || name === '..' ? name.replaceAll('.', '%2E') : name;
}
