import type { FileHandle } from 'node:fs/promises';
import { checkOptions, flag, object, text, value } from '@holdfast/options';
import { fastCrc32 } from './io/checksum.js';
import { checkedSink, FileSink, isFileHandle, isSink, type Sink } from './io/sink.js';
import { isProtocol, type Protocol } from './pickle/pickle-emitter.js';
import { pickle } from './pickle/pickle-writer.js';
import { outOfRange } from './refusals.js';
import type { PtValue } from './tensors/pt-value.js';
import type { StorageEntry } from './tensors/storage-table.js';
import { ZipWriter } from './zip/zip-writer.js';

/** How a `.pt` is written. */
export interface WriteOptions {
  /** The folder inside the archive; PyTorch uses the file's name without its extension. Default `archive`. */
  name?: string;
  /** The pickle's protocol. Default 2; `torch.load(weights_only=True)` refuses 4. */
  protocol?: Protocol;
  /**
   * For an open file: sync it before writing resolves. Writeback starts early, which is faster than one fsync
   * at the end. Default false.
   */
  sync?: boolean;
}

/** In bytes; a member's name must be shorter than 2^16. */
const MAX_NAME = 255;

const folderName = value(`a folder's name of at most ${MAX_NAME} bytes`, (given) => {
  const name = given as string;
  if (['', '.', '..'].includes(name) || /[/\\\0]|\p{Surrogate}/u.test(name)) return false;
  return Buffer.byteLength(name) <= MAX_NAME;
});

const writeOptions = object<WriteOptions>({
  name: (given, path) => text(given, path) ?? folderName(given, path),
  protocol: isProtocol,
  sync: flag,
});

/** Facts about a written file. */
export interface WrittenPt {
  /** Its length in bytes. */
  bytes: number;
  /** CRC-32 (IEEE 802.3) of all of it. */
  crc32: number;
}

/**
 * Writes a value as a `.pt` that `torch.load(weights_only=True)` reads. Streams: copies nothing but the
 * pickle itself (dicts, lists, strings). Equal values give equal bytes.
 *
 * @param sink an open file, written from its current position, or anything that takes bytes.
 * @returns length and CRC-32 of all written bytes.
 * @throws TypeError for a value that cannot be written; RangeError and TypeError for invalid options;
 * RangeError if a tensor's pieces have the wrong length (`code` of each is `invalid_option`); errors of the
 * sink. After an error, the sink has an incomplete file.
 */
export async function writePt(
  sink: Sink | FileHandle,
  value: PtValue,
  options: WriteOptions = {},
): Promise<WrittenPt> {
  checkOptions('writePt', sink, isSink, 'sink');
  checkOptions('writePt', options, writeOptions);
  return write(sink, value, options);
}

/** `writePt` with checked options. */
async function write(
  sink: Sink | FileHandle,
  value: PtValue,
  { name = 'archive', protocol = 2, sync = false }: WriteOptions,
): Promise<WrittenPt> {
  await fastCrc32();
  const { bytes, storages } = pickle(value, protocol);
  if (sync && !isFileHandle(sink))
    throw outOfRange('writePt', 'sync', 'only an open file can be synced', sync);
  const content: Content = { name, pickle: bytes, storages };
  if (!isFileHandle(sink)) return writeMembers(checkedSink(sink), content);
  const file = new FileSink(sink, sync);
  await file.expect(storages.reduce((sum, { size }) => sum + size, 0));
  try {
    const written = await writeMembers(file, content);
    await file.finish();
    return written;
  } catch (error) {
    await file.abandon();
    throw error;
  }
}

/** The content of an archive: a pickle and its storages. */
interface Content {
  name: string;
  pickle: Uint8Array;
  storages: readonly StorageEntry[];
}

async function writeMembers(sink: Sink, { name, pickle, storages }: Content): Promise<WrittenPt> {
  const zip = new ZipWriter(sink);
  const small = (path: string, content: Uint8Array) =>
    zip.add(`${name}/${path}`, content.byteLength, [content]);
  await small('data.pkl', pickle);
  await small('byteorder', Buffer.from('little'));
  for (const { key, size, pieces } of storages) await zip.add(`${name}/data/${key}`, size, pieces());
  await small('version', Buffer.from('3\n'));
  return zip.finish();
}

/** Writes a value as the bytes of a `.pt`, in memory. */
export async function encodePt(value: PtValue, options: WriteOptions = {}): Promise<Uint8Array> {
  checkOptions('encodePt', options, writeOptions);
  const pieces: Uint8Array[] = [];
  const sink = {
    async write(bytes: Uint8Array) {
      pieces.push(bytes.slice());
    },
  };
  await write(sink, value, options);
  return Buffer.concat(pieces);
}
