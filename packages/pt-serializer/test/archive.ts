import { ZipWriter } from '../src/zip/zip-writer.js';

/** A valid archive around any pickle, given as bytes in latin1. */
export async function archive(pickle: string, others: Record<string, string> = {}): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  const zip = new ZipWriter({ write: async (bytes) => void pieces.push(bytes.slice()) });
  for (const [name, text] of Object.entries({ 'a/data.pkl': pickle, 'a/version': '3\n', ...others })) {
    const bytes = Buffer.from(text, 'latin1');
    await zip.add(name, bytes.length, [bytes]);
  }
  await zip.finish();
  return Buffer.concat(pieces);
}

/** BINUNICODE of ASCII text. */
export const text = (value: string) => `X${String.fromCharCode(value.length)}\0\0\0${value}`;

/** BINPERSID of a storage of bytes. */
export const storage = (elements: number, key = '0') =>
  `(${text('storage')}ctorch\nByteStorage\n${text(key)}${text('cpu')}K${String.fromCharCode(elements)}tQ`;

/** A uint8 tensor over the storage `0` of `elements` bytes; its parts are opcodes. */
export const tensorOf = (elements: number, offset: string, shape: string, stride: string) =>
  `ctorch._utils\n_rebuild_tensor_v2\n(${storage(elements)}${offset}${shape}${stride}\x89}tR`;
