import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { float32Of } from '@holdfast/pt-serializer';
import { readPieces } from '../weights/read-pieces.js';
import { WeightsError } from '../weights/weights-error.js';
import type { Layout } from './layout.js';
import { quantizeRows } from './quantize.js';

type Placed = Layout['tensors'][number];

/** The file could not be written; the cause says why. It is not the weights' fault. */
export class NotWrittenError extends Error {}

/** Bytes that are read at once to compute a digest. */
const CHUNK = 1 << 20;

/** Writes a whole file. Not more than one tensor of it is in memory. @throws WeightsError; NotWrittenError; what reading the weights throws. */
export async function writeConverted(file: FileHandle, layout: Layout): Promise<void> {
  const scales = new Map(
    layout.tensors.filter(({ how }) => how === 'scales').map((tensor) => [keyOf(tensor), tensor]),
  );
  for (const tensor of layout.tensors) {
    if (tensor.how === 'copied') await copy(file, tensor);
    if (tensor.how === 'quantized') await quantize(file, tensor, scales.get(keyOf(tensor))!);
  }
  // Last, so that a file that was cut off in writing is not valid.
  await writeAt(file, layout.head(await dataDigest(file, layout)), 0);
}

/** SHA-256 of all that follows the head, hex. */
export async function dataDigest(file: FileHandle, { dataAt, size }: Layout): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (let at = dataAt; at < size; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(CHUNK, size - at), at);
    if (bytesRead === 0) break;
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
  return hash.digest('hex');
}

/** Scales belong to the matrix that is made from the same bytes. */
const keyOf = ({ source: { file, offset } }: Placed): string => `${offset} ${file}`;

async function copy(file: FileHandle, { source, offset }: Placed): Promise<void> {
  let at = offset;
  for await (const piece of readPieces(source)) {
    await writeAt(file, piece, at);
    at += piece.length;
  }
}

async function quantize(
  file: FileHandle,
  { name, source, offset, length }: Placed,
  scales: Placed,
): Promise<void> {
  const [height, width] = source.shape as [number, number];
  const into = { target: new Int8Array(length), scales: new Float32Array(height) };
  let first = 0;
  for await (const piece of readPieces(source, source.length / height)) {
    const rows = float32Of(source.type, piece);
    try {
      quantizeRows(rows, width, first, into);
    } catch (cause) {
      const what = `cannot be rounded to int8 (${(cause as Error).message} of '${name}')`;
      throw new WeightsError('weights_format', source.file, what, { cause });
    }
    first += rows.length / width;
  }
  await writeAt(file, new Uint8Array(into.target.buffer), offset);
  await writeAt(file, new Uint8Array(into.scales.buffer), scales.offset);
}

async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  try {
    for (let at = 0; at < bytes.length; )
      at += (await file.write(bytes, at, bytes.length - at, position + at)).bytesWritten;
  } catch (cause) {
    throw new NotWrittenError('', { cause });
  }
}
