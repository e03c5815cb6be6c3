import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { InputError } from '../input-error.js';
import type { RawStream } from './raw-stream.js';
import { asInputError } from './unreadable-input.js';

const OUTPUT_BYTES = 256 * 1024;

/**
 * Decompresses gzip data of any number of members (RFC 1952). Zero padding after the last is allowed.
 *
 * @param chunks all compressed bytes, as they come from `raw`.
 * @throws InputError `bad_gzip` if the data is damaged, ends early, or is followed by other data.
 */
export async function* gunzip(chunks: AsyncIterable<Uint8Array>, raw: RawStream): AsyncGenerator<Uint8Array> {
  const inflater = createGunzip({ chunkSize: OUTPUT_BYTES });
  const source = Readable.from(chunks, { objectMode: false });
  source.on('error', (error) => inflater.destroy(error));
  source.pipe(inflater);
  try {
    yield* inflater as AsyncIterable<Buffer>;
  } catch (error) {
    throw isZlibError(error) ? damaged(raw.file, error) : asInputError(raw.file, error);
  } finally {
    source.unpipe(inflater);
    inflater.destroy();
  }
  if (!source.readableEnded) for await (const _ of source);
  // zlib silently stops at padding, so data after it would be lost unnoticed.
  if (raw.bytesWithoutPadding > inflater.bytesWritten) {
    throw new InputError(
      'bad_gzip',
      { file: raw.file },
      `other data follows the gzip data at byte ${inflater.bytesWritten}; decompress it by hand and check its contents`,
    );
  }
}

function isZlibError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}

function damaged(file: string, error: NodeJS.ErrnoException): InputError {
  const problem =
    error.code === 'Z_BUF_ERROR'
      ? 'the gzip data is truncated; copy or download the file again'
      : `the gzip data is damaged (${error.message}); copy or download it again`;
  return new InputError('bad_gzip', { file }, problem, { cause: error });
}
