import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { InputError } from '../input-error.js';
import type { RawStream } from './raw-stream.js';
import { asInputError } from './unreadable-input.js';

const OUTPUT_BYTES = 256 * 1024;

/**
 * Decompresses gzip data of any number of members (RFC 1952), zero padding after the last allowed.
 *
 * @param chunks all compressed bytes, as they come from `raw`.
 * @throws InputError `bad_gzip` if the data is damaged, ends early, or is followed by something else.
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
  // zlib stops at padding without a word; data after padding would be lost unseen.
  if (raw.bytesWithoutPadding > inflater.bytesWritten) {
    throw new InputError(
      'bad_gzip',
      { file: raw.file },
      `other data follows the gzip data at byte ${inflater.bytesWritten}; decompress it by hand and see what it holds`,
    );
  }
}

function isZlibError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}

function damaged(file: string, error: NodeJS.ErrnoException): InputError {
  const problem =
    error.code === 'Z_BUF_ERROR'
      ? 'the gzip data ends early, so the file is incomplete; copy or download it again'
      : `the gzip data is damaged (${error.message}); copy or download it again`;
  return new InputError('bad_gzip', { file }, problem, { cause: error });
}
