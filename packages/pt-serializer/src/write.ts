import { pickle } from './pickle-writer.js';
import type { PtTensor, PtValue } from './pt-value.js';
import { type Sink, ZipWriter } from './zip-writer.js';

/** How a `.pt` is written. */
export interface WriteOptions {
  /** The folder inside the archive; PyTorch uses the file's name without its ending. Default `archive`. */
  name?: string;
}

/** Bytes; a member's name has fewer than 2^16. */
const MAX_NAME = 255;

/**
 * Writes a value as a `.pt` that `torch.load(weights_only=True)` reads. Streams: beyond the pickle itself (dicts, lists,
 * strings) nothing is copied. Equal values give equal bytes.
 *
 * @throws TypeError for a value that cannot be written; RangeError when a tensor's pieces have the wrong length; what
 * the sink throws. The sink then holds an incomplete file.
 */
export async function writePt(
  sink: Sink,
  value: PtValue,
  { name = 'archive' }: WriteOptions = {},
): Promise<void> {
  if (
    ['', '.', '..'].includes(name) ||
    /[/\\\0]|\p{Surrogate}/u.test(name) ||
    Buffer.byteLength(name) > MAX_NAME
  )
    throw new RangeError(`${JSON.stringify(name)} is no name for a folder`);
  const { bytes, storages } = pickle(value);
  const zip = new ZipWriter(sink);
  const small = (path: string, content: Uint8Array) =>
    zip.add(`${name}/${path}`, content.byteLength, [content]);
  await small('data.pkl', bytes);
  await small('byteorder', Buffer.from('little'));
  for (const [key, storage] of storages.entries()) {
    await zip.add(`${name}/data/${key}`, storage.byteLength, piecesOf(storage));
  }
  await small('version', Buffer.from('3\n'));
  await zip.finish();
}

/** Writes a value as the bytes of a `.pt`, in memory. */
export async function encodePt(value: PtValue, options: WriteOptions = {}): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  const sink = {
    async write(bytes: Uint8Array) {
      pieces.push(bytes.slice());
    },
  };
  await writePt(sink, value, options);
  return Buffer.concat(pieces);
}

function piecesOf({ data }: PtTensor): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  if (typeof data === 'function') return data();
  return [new Uint8Array(data.buffer, data.byteOffset, data.byteLength)];
}
