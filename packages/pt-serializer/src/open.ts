import { crc32 } from 'node:zlib';
import { FileSource } from './file-source.js';
import { PtFormatError } from './format-error.js';
import { unpickle } from './pickle-reader.js';
import { checkPlain } from './plain.js';
import type { Storage } from './storage.js';
import { ptWorld } from './world.js';
import { type Member, readZip } from './zip-reader.js';

/** How a `.pt` is read. */
export interface OpenOptions {
  /** Bytes of `data.pkl` at most. Default 1 GiB. */
  maxPickleBytes?: number;
}

/** How much of a member is read at once when its checksum is taken. */
const CHUNK = 1 << 20;

/** An open `.pt`. */
export class PtFile implements AsyncDisposable {
  readonly #source: FileSource;
  readonly #members: readonly Member[];

  constructor(
    source: FileSource,
    members: readonly Member[],
    /** What the file holds: dicts as Map, lists and tuples as arrays, tensors and arrays as LazyTensor. */
    readonly value: unknown,
  ) {
    this.#source = source;
    this.#members = members;
  }

  /** Reads everything through and compares the archive's checksums. @throws PtFormatError (`checksum`). */
  async verify(): Promise<void> {
    for (const member of this.#members) await checkMember(this.#source, member);
  }

  /** Closes the file; its tensors cannot be read afterwards. */
  async close(): Promise<void> {
    await this.#source.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * Opens a `.pt` that any PyTorch since 1.6 wrote: reads what is in it, and of tensors only what they are. Executes
 * nothing: a file that names anything but plain data is refused.
 *
 * @throws PtFormatError for a file that is damaged, forbidden or not read; what the file system throws.
 */
export async function openPt(path: string, { maxPickleBytes = 2 ** 30 }: OpenOptions = {}): Promise<PtFile> {
  const source = await FileSource.open(path);
  try {
    return await readFile(source, maxPickleBytes);
  } catch (error) {
    await source.close();
    throw error instanceof PtFormatError ? error.at({ path }) : error;
  }
}

async function readFile(source: FileSource, maxPickleBytes: number): Promise<PtFile> {
  await refuseOthers(source);
  const members = await readZip(source);
  const folder = [...members.keys()][0]?.split('/')[0];
  const find = (name: string) => members.get(`${folder}/${name}`);
  const pickle = find('data.pkl');
  if (!pickle) throw new PtFormatError('zip', 'there is no data.pkl in it: not a file of torch.save');
  if (!find('version') && !find('.data/version'))
    throw new PtFormatError('zip', 'the member version is missing');
  if (pickle.size > maxPickleBytes) {
    throw new PtFormatError('limit', `data.pkl has ${pickle.size} bytes; at most ${maxPickleBytes} are read`);
  }
  const bigEndian = await isBigEndian(source, find('byteorder'));
  const bytes = await source.read(pickle.start, pickle.size);
  if (crc32(bytes) !== pickle.crc)
    throw new PtFormatError('checksum', 'its CRC-32 is wrong', { member: pickle.name });
  const world = ptWorld((key, size) => {
    const member = find(`data/${key}`);
    if (!member) throw new PtFormatError('zip', `the storage data/${key} is missing`);
    if (member.size !== size) {
      throw new PtFormatError('tensor', `the storage data/${key} has ${member.size} bytes, not ${size}`);
    }
    return memberStorage(source, member, bigEndian);
  }, bytes.length);
  try {
    const value = unpickle(bytes, world);
    checkPlain(value);
    return new PtFile(source, [...members.values()], value);
  } catch (error) {
    throw error instanceof PtFormatError ? error.at({ member: pickle.name }) : error;
  }
}

/** PyTorch before 2.1 does not say, and ran on little-endian machines. */
async function isBigEndian(source: FileSource, member: Member | undefined): Promise<boolean> {
  if (!member) return false;
  const order = (await source.read(member.start, Math.min(member.size, 16))).toString('latin1');
  if (order === 'little' || order === 'big') return order === 'big';
  throw new PtFormatError('zip', `the byte order ${JSON.stringify(order)}; little and big are known`, {
    member: member.name,
  });
}

function memberStorage(source: FileSource, member: Member, bigEndian: boolean): Storage {
  return {
    size: member.size,
    bigEndian,
    async read(offset, length) {
      const bytes = await source.read(member.start + offset, length);
      if (length === member.size && crc32(bytes) !== member.crc) {
        throw new PtFormatError('checksum', 'its CRC-32 is wrong', {
          path: source.path,
          member: member.name,
        });
      }
      return bytes;
    },
  };
}

async function checkMember(source: FileSource, { name, start, size, crc }: Member): Promise<void> {
  let sum = 0;
  for (let at = 0; at < size; at += CHUNK)
    sum = crc32(await source.read(start + at, Math.min(CHUNK, size - at)), sum);
  if (sum !== crc)
    throw new PtFormatError('checksum', 'its CRC-32 is wrong', { path: source.path, member: name });
}

async function refuseOthers(source: FileSource): Promise<void> {
  if (source.size === 0) throw new PtFormatError('zip', 'the file is empty');
  const head = await source.read(0, Math.min(source.size, 512));
  if (head.length > 12 && head[0] === 0x80 && head[2] === 0x8a && head.readUInt16LE(4) === 0xfc6c) {
    throw new PtFormatError(
      'unsupported',
      'the old format of PyTorch before 1.6; load and save it again with a newer PyTorch',
    );
  }
  if (head.toString('latin1', 0, 8) === 'PYTORCH1') {
    throw new PtFormatError(
      'unsupported',
      'the first container of TorchScript: it holds code, not only data',
    );
  }
  if (head.toString('latin1', 257, 262) === 'ustar') {
    throw new PtFormatError('unsupported', 'the tar format of PyTorch before 0.1.10');
  }
}
