import { open } from 'node:fs/promises';
import { readAt } from '@holdfast/durable';
import type { StoredTensor } from '../onnx/stored-tensor.js';
import { WeightsError } from './weights-error.js';

/** Bytes that are read at once. */
const CHUNK = 4 << 20;

/** Yields the bytes of a tensor in order, in pieces of whole rows of `unit` bytes. The buffer is used again for the next. */
export async function* readPieces({ file, offset, length }: StoredTensor, unit = 1): AsyncGenerator<Buffer> {
  const handle = await open(file, 'r');
  try {
    const buffer = Buffer.allocUnsafe(Math.min(length, Math.max(1, Math.floor(CHUNK / unit)) * unit));
    for (let at = 0; at < length; ) {
      const piece = buffer.subarray(0, Math.min(buffer.length, length - at));
      if ((await readAt(handle, piece, offset + at)) < piece.length)
        throw new WeightsError('weights_format', file, 'ends within a tensor');
      yield piece;
      at += piece.length;
    }
  } finally {
    await handle.close();
  }
}
