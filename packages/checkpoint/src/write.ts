import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { type DurableOptions, writeFileDurably } from '@holdfast/durable';
import { type PtValue, tensor, writePt } from '@holdfast/pt-serializer';
import { formatMarker, type Marker } from './marker.js';
import { markerPath } from './names.js';

/** Plain facts kept beside the rows; whole numbers and strings, so that every PyTorch since 1.13 loads them safely. */
export type Metadata = Record<string, string | number | boolean | null>;

/** Rows on the host: `data` is row-major `[rows, dim]`. */
export interface Matrix {
  data: Float32Array;
  shape: readonly [rows: number, dim: number];
}

/**
 * Writes one checkpoint so that it lasts: first the `.pt`, wholly and synced, then its marker. A crash before the
 * marker is in place leaves a file that resume takes as not written.
 *
 * @returns length and digest of the `.pt`.
 */
export async function writeCheckpoint(
  path: string,
  embeddings: Matrix,
  sequenceIds: readonly string[],
  metadata: Metadata,
  options: DurableOptions = {},
): Promise<Marker> {
  const value: PtValue = {
    embeddings: tensor('float32', embeddings.shape, embeddings.data),
    sequence_ids: [...sequenceIds],
    metadata,
  };
  const marker = await writePtDurably(path, value, options);
  await writeFileDurably(markerPath(path), formatMarker(marker), options);
  return marker;
}

/** Writes any value as a `.pt` that lasts, and takes its length and digest on the way. */
export function writePtDurably(path: string, value: PtValue, options: DurableOptions = {}): Promise<Marker> {
  return writeFileDurably(
    path,
    async (file) => {
      const hash = createHash('sha256');
      let bytes = 0;
      const sink = {
        write(chunk: Uint8Array) {
          hash.update(chunk);
          bytes += chunk.byteLength;
          return file.write(chunk);
        },
      };
      await writePt(sink, value, { name: basename(path).replace(/\.[^.]*$/, '') });
      return { bytes, sha256: hash.digest('hex') };
    },
    options,
  );
}
