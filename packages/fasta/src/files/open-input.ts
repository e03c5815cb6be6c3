import { InputError } from '../input-error.js';
import { badCompression } from './compressed/bad-compression.js';
import { type Compression, compressionOf, MAGIC_LENGTH } from './first-bytes.js';
import { gunzip } from './gunzip.js';
import { type InputDigest, type InputOptions, RawStream } from './raw-stream.js';

/** One input being read. */
export interface Input {
  /** The path as given; `-` is standard input. */
  readonly file: string;
  /** Raw bytes read so far. */
  readonly bytesRead: number;
  /** The decompressed text; can be iterated once. */
  chunks(): AsyncGenerator<Uint8Array>;
  /** Reads the rest and returns the fingerprint of the raw bytes. Call it once. */
  digest(): Promise<InputDigest>;
  /** Stops reading and frees the file. */
  close(): void;
}

/**
 * Opens an input for streaming. Recognizes gzip, bzip2, xz and zstd by the first bytes, not by the name, and
 * decompresses them.
 *
 * @param file a path, or `-` for standard input.
 * @throws InputError if it can't be opened; the chunks throw it if reading fails, or for damaged
 * data or another compression.
 */
export async function openInput(file: string, options: InputOptions = {}): Promise<Input> {
  const raw = await RawStream.open(file, options);
  return {
    file,
    get bytesRead() {
      return raw.bytes;
    },
    chunks: () => decode(raw),
    digest: () => raw.digest(),
    close: () => raw.close(),
  };
}

/** The fingerprint of an input's raw bytes, whatever they contain. */
export async function hashInput(file: string, options: InputOptions = {}): Promise<InputDigest> {
  const raw = await RawStream.open(file, options);
  try {
    return await raw.digest();
  } finally {
    raw.close();
  }
}

/** The error for an input in an unsupported compression. */
export function otherCompression(file: string, { name, command }: Compression): InputError {
  const source = file === '-' ? 'FILE' : file;
  const problem = `this is ${name} data; decompress first: e.g. \`${command} ${source} | holdfast embed - …\``;
  return new InputError('compressed', { file }, problem);
}

async function* decode(raw: RawStream): AsyncGenerator<Uint8Array> {
  const rest = raw.chunks();
  // A pipe may hand over its first bytes one by one.
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < MAGIC_LENGTH) {
    const next = await rest.next();
    if (next.done) break;
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
  }
  const all = prepend(head, rest);
  const compression = compressionOf(head);
  if (!compression) yield* all;
  else if (compression.name === 'gzip') yield* gunzip(all, raw);
  else if (compression.name === 'zip') throw otherCompression(raw.file, compression);
  else yield* decompress(all, raw, compression.name);
}

/** Loaded only if there is such a file. */
const DECODERS = {
  bzip2: async () => (await import('./compressed/bunzip2.js')).bunzip2,
  xz: async () => (await import('./compressed/unxz.js')).unxz,
  zstd: async () => (await import('./compressed/unzstd.js')).unzstd,
};

async function* decompress(
  chunks: AsyncIterable<Uint8Array>,
  raw: RawStream,
  name: keyof typeof DECODERS,
): AsyncGenerator<Uint8Array> {
  const decoder = await DECODERS[name]();
  try {
    yield* decoder(chunks);
  } catch (error) {
    raw.throwIfAborted();
    throw badCompression(raw.file, name, error);
  }
}

async function* prepend(head: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  yield* rest;
}
