import type { Content } from './container.js';
import { PtFormatError } from './format-error.js';
import type { Source } from './io/source.js';
import type { PtLimits } from './limits.js';
import { OP } from './pickle/opcodes.js';
import { EndOfPickle } from './pickle/pickle-bytes.js';
import { unpickle } from './pickle/pickle-reader.js';
import { ptWorld, type StorageId } from './pickle/world.js';
import { DTYPES, type DType } from './tensors/dtypes.js';
import type { Storage } from './tensors/storage.js';
import { checksInOrder } from './zip/checks-in-order.js';

/** The first pickle after its protocol and any frame (protocol 4): LONG1, the 10-byte magic number, STOP. */
const MAGIC = Buffer.from('8a0a6cfc9c46f9206aa850192e', 'hex');
const VERSION = 1001;
/** Size of the first read. If the pickles are longer, they are read again with four times as much. */
const WINDOW = 1 << 20;

/** Whether a file begins like the container before PyTorch 1.6. */
export function isLegacy(head: Buffer): boolean {
  const at = head[2] === OP.FRAME ? 11 : 2;
  return head[0] === OP.PROTO && head.subarray(at, at + MAGIC.length).equals(MAGIC);
}

/** A storage whose place is unknown until the pickles before it have been read. */
interface LateStorage extends Storage {
  readonly dtype: DType | null;
  /** Offset of its elements in the file; negative until known. */
  start: number;
}

/**
 * Reads the container of PyTorch before 1.6: pickles back to back, then the element count and the bytes of
 * each storage. It has no checksums. Format: torch/serialization.py, `_legacy_save`.
 *
 * @throws PtFormatError.
 */
export async function readLegacy(
  source: Source,
  limits: PtLimits,
  unknown: Set<string> | null,
): Promise<Content> {
  const most = Math.min(source.size, limits.pickleBytes);
  for (let window = Math.min(WINDOW, most); ; window = Math.min(window * 4, most)) {
    try {
      return await readWindow(source, await source.read(0, window), limits, unknown);
    } catch (error) {
      if (!(error instanceof EndOfPickle) || window === source.size) throw error;
      if (window < most) continue;
      throw new PtFormatError('limit', `its pickles have more than ${most} bytes (limits.pickleBytes)`);
    }
  }
}

async function readWindow(
  source: Source,
  bytes: Buffer,
  limits: PtLimits,
  unknown: Set<string> | null,
): Promise<Content> {
  const storages = new Map<string, LateStorage>();
  let bigEndian = false;
  const world = ptWorld({
    idLength: 6,
    limits,
    pickleBytes: bytes.length,
    unknown,
    findStorage(id) {
      let root = storages.get(id.key);
      if (!root) {
        root = lateStorage(source, id, bigEndian);
        storages.set(id.key, root);
      } else if (root.size !== id.bytes || root.dtype !== id.dtype) {
        throw new PtFormatError('tensor', `storage ${id.key} has two sizes or types`);
      }
      return viewOf(root, id);
    },
  });
  let at = 0;
  const next = () => {
    const { value, end } = unpickle(bytes, world, limits, at);
    at = end;
    return value;
  };
  next();
  const version = next();
  if (version !== VERSION)
    throw fail(`version ${typeof version === 'number' ? version : '?'} is not supported, only ${VERSION}`);
  const system = next();
  bigEndian = system instanceof Map && system.get('little_endian') === false;
  const value = next();
  const keys = next();
  if (!Array.isArray(keys)) throw fail('there is no list of storages');
  await place(source, storages, keys, at, bigEndian);
  return { value, verify: async () => undefined, checksInOrder: () => checksInOrder([], () => ({})) };
}

/** Finds where each storage begins: they follow each other in order of the keys. */
async function place(
  source: Source,
  storages: ReadonlyMap<string, LateStorage>,
  keys: readonly unknown[],
  begin: number,
  bigEndian: boolean,
): Promise<void> {
  let at = begin;
  for (const key of keys) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (!storage || storage.start >= 0)
      throw fail('its list of storages has one that no tensor uses, or a duplicate');
    const head = await source.read(at, 8);
    const count = bigEndian ? head.readBigInt64BE() : head.readBigInt64LE();
    const width = storage.dtype ? DTYPES[storage.dtype].bytes : 1;
    if (count * BigInt(width) !== BigInt(storage.size)) {
      throw new PtFormatError('tensor', `a storage has ${count} elements, not ${storage.size / width}`, {
        offset: at,
      });
    }
    storage.start = at + 8;
    at += 8 + storage.size;
    if (at > source.size) throw fail('the file is truncated: a storage reaches beyond its end');
  }
  if ([...storages.values()].some(({ start }) => start < 0)) throw fail('a storage is missing');
  if (at !== source.size) throw fail(`${source.size - at} bytes follow the last storage`);
}

function lateStorage(source: Source, { bytes, dtype }: StorageId, bigEndian: boolean): LateStorage {
  return {
    ...(source.path === undefined ? {} : { place: { path: source.path } }),
    size: bytes,
    bigEndian,
    dtype,
    start: -1,
    read(offset, length) {
      return source.read(this.start + offset, length);
    },
  };
}

/** The part of a storage that an ID refers to: all of it, or (key, offset, elements) in its sixth item. */
function viewOf(root: LateStorage, { dtype, more: [view] }: StorageId): Storage {
  if (view === null) return root;
  const [, offset, count] = Array.isArray(view) ? view : [];
  const width = dtype ? DTYPES[dtype].bytes : 1;
  if (!isCount(offset) || !isCount(count) || (offset + count) * width > root.size) {
    throw new PtFormatError('tensor', 'a part of a storage is outside it');
  }
  return {
    ...root,
    size: count * width,
    // Known only once the pickles have been read.
    get start() {
      return root.start + offset * width;
    },
    read: (from, length) => root.read(offset * width + from, length),
  };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function fail(reason: string): PtFormatError {
  return new PtFormatError('zip', reason);
}
