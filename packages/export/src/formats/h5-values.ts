import type { Sink } from '@holdfast/pt-serializer';
import { Names } from '../hdf5/group.js';
import { datasetHeader } from '../hdf5/object-header.js';
import { type Out, writeHdf5 } from '../hdf5/out.js';
import { COLLECTION, REFERENCE, writeStrings } from '../hdf5/strings.js';
import { textAttributes } from '../hdf5/text-attributes.js';
import { floatOf, TEXT } from '../hdf5/types.js';
import { type StoredType, WIDTH } from '../stored-type.js';
import { inParts, Taker } from '../table.js';
import type { ValueSource } from '../value-source.js';
import { h5Name } from './h5.js';

/**
 * HDF5 with one dataset a sequence, as bio_embeddings writes embeddings of residues: `[tokens, dim]` float32 or float16, or `[tokens, tokens]` for
 * pairs, named by its ID, which it has as the attribute `original_id` too.
 */
export async function writeH5Values(sink: Sink, source: ValueSource): Promise<void> {
  await writeHdf5(sink, async (out) => {
    const names = new Names();
    const shapes = new Taker(source.shapes(), 'the offsets');
    const values = out.measures ? null : source.values()[Symbol.asyncIterator]();
    try {
      for await (const ids of inParts(source.ids(), COLLECTION)) {
        const references = await writeStrings(out, ids);
        const these = await shapes.take(ids.length);
        for (const [at, id] of ids.entries()) {
          names.add(h5Name(id), out.position);
          const reference = references.subarray(at * REFERENCE, (at + 1) * REFERENCE);
          const dataset = { shape: these[at]!, dtype: source.dtype, reference };
          await writeDataset(out, dataset, async () => (await values!.next()).value.bytes);
        }
      }
    } finally {
      await shapes.end();
      await values?.return?.();
    }
    return names.write(out, await textAttributes(out, source.facts));
  });
}

async function writeDataset(
  out: Out,
  { shape, dtype, reference }: { shape: readonly [number, number]; dtype: StoredType; reference: Buffer },
  numbers: () => Promise<Uint8Array>,
): Promise<void> {
  const bytes = shape[0] * shape[1] * WIDTH[dtype];
  const attributes = [{ name: 'original_id', shape: [], type: TEXT, data: reference }];
  const header = (address: number) =>
    datasetHeader({ type: floatOf(dtype), shape, address, bytes }, attributes);
  // The length does not depend on the address.
  await out.write(header(out.position + header(0).length));
  await out.stream(bytes, async function* () {
    yield await numbers();
  });
}
