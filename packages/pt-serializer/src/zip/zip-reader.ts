import { PtFormatError } from '../format-error.js';
import type { Source } from '../io/source.js';

/** A stored member; its bytes begin at `start` in the file. */
export interface Member {
  name: string;
  start: number;
  size: number;
  crc: number;
}

const U32_MAX = 0xffffffff;
/** Most bytes of an entry of the central directory: a file name has at most 255, and extras are short. */
const MAX_ENTRY = 1024;
/** Bytes per read for consecutive small records. */
const AHEAD = 1 << 16;
/** Local headers no farther apart than this are read together. */
const NEAR = 4096;
/** The end record, and the longest comment that may follow it. */
const END_SEARCH = 22 + 0xffff;

interface CentralEntry extends Omit<Member, 'start'> {
  offset: number;
  stored: boolean;
}

/**
 * The members of a zip, by their full name. Trusts only the central directory, and only if it is consistent
 * with the file: members are stored, have unique plain names, precede the directory and do not overlap.
 *
 * @throws PtFormatError with code `zip` or `unsupported`.
 */
export async function readZip(file: Source, maxMembers: number): Promise<Map<string, Member>> {
  const fail = (reason: string, offset?: number) =>
    new PtFormatError('zip', reason, offset === undefined ? {} : { offset });
  const { count, size, start } = await findDirectory(file, fail);
  if (start + size > file.size) throw fail('the central directory reaches beyond the file');
  // Each entry has at least 46 bytes, so a larger count cannot fit the directory.
  if (count > maxMembers)
    throw new PtFormatError('limit', `${count} members; at most ${maxMembers} are read (limits.members)`);
  if (size > count * MAX_ENTRY) throw fail('the central directory contains more than its members');
  const entries = await readDirectory(file, count, start, start + size, fail);
  if (entries.some(({ name }) => /^[^/]+\/constants\.pkl$/.test(name))) {
    throw new PtFormatError('unsupported', 'a TorchScript archive: it contains code, not only data');
  }
  const members = new Map<string, Member>();
  const ranges: [from: number, to: number, name: string][] = [];
  const headers = new ReadAhead(file);
  for (const [i, entry] of entries.entries()) {
    const { name, offset } = entry;
    const near = (entries[i + 1]?.offset ?? 0) - offset <= NEAR;
    if (!entry.stored) throw fail(`member ${name} is compressed; PyTorch only stores`, offset);
    if (members.has(name)) throw fail(`two members are named ${JSON.stringify(name)}`);
    const dataStart = await localDataStart(headers, entry, file.size, near ? AHEAD : 0, fail);
    if (dataStart + entry.size > start)
      throw fail(`member ${JSON.stringify(name)} reaches into the central directory`);
    members.set(name, { name, start: dataStart, size: entry.size, crc: entry.crc });
    ranges.push([offset, dataStart + entry.size, name]);
  }
  ranges.sort((a, b) => a[0] - b[0]);
  for (let i = 1; i < ranges.length; i++) {
    if (ranges[i]![0] < ranges[i - 1]![1])
      throw fail(`members ${ranges[i - 1]![2]} and ${ranges[i]![2]} overlap`);
  }
  return members;
}

type Fail = (reason: string, offset?: number) => PtFormatError;

async function findDirectory(file: Source, fail: Fail) {
  const tailStart = Math.max(0, file.size - END_SEARCH);
  const tail = await file.read(tailStart, file.size - tailStart);
  let at = tail.length - 22;
  // The comment's length must lead exactly to the file's end, so a signature inside a comment is ignored.
  while (
    at >= 0 &&
    !(tail.readUInt32LE(at) === 0x06054b50 && at + 22 + tail.readUInt16LE(at + 20) === tail.length)
  )
    at--;
  if (at < 0) throw fail('no zip end record: the file is truncated or not a zip archive');
  const end = {
    count: tail.readUInt16LE(at + 10),
    size: tail.readUInt32LE(at + 12),
    start: tail.readUInt32LE(at + 16),
  };
  if (end.count !== 0xffff && end.size !== U32_MAX && end.start !== U32_MAX) return end;
  const locatorAt = tailStart + at - 20;
  if (locatorAt < 0) throw fail('the zip64 locator is missing');
  const locator = await file.read(locatorAt, 20);
  if (locator.readUInt32LE(0) !== 0x07064b50) throw fail('the zip64 locator is missing', locatorAt);
  const recordAt = whole(locator.readBigUInt64LE(8), fail);
  const record = await file.read(recordAt, 56);
  if (record.readUInt32LE(0) !== 0x06064b50) throw fail('the zip64 end record is missing', recordAt);
  return {
    count: whole(record.readBigUInt64LE(32), fail),
    size: whole(record.readBigUInt64LE(40), fail),
    start: whole(record.readBigUInt64LE(48), fail),
  };
}

/** Reads small pieces of a file sequentially, through larger reads. */
class ReadAhead {
  readonly #file: Source;
  #from = 0;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(file: Source) {
    this.#file = file;
  }

  /** @param ahead bytes to read at a time, if that many are left. */
  async read(offset: number, length: number, ahead: number): Promise<Buffer> {
    if (offset < this.#from || offset + length > this.#from + this.#bytes.length) {
      this.#bytes = await this.#file.read(
        offset,
        Math.max(length, Math.min(ahead, this.#file.size - offset)),
      );
      this.#from = offset;
    }
    return this.#bytes.subarray(offset - this.#from, offset - this.#from + length);
  }
}

/** The entries of the directory between two offsets. Not read whole: a sparse file can announce 4 GiB. */
async function readDirectory(
  file: Source,
  count: number,
  start: number,
  end: number,
  fail: Fail,
): Promise<CentralEntry[]> {
  const directory = new ReadAhead(file);
  const entries: CentralEntry[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    const failed = (reason: string) => fail(reason, at);
    const head = at + 46 > end ? null : await directory.read(at, 46, AHEAD);
    if (head?.readUInt32LE(0) !== 0x02014b50) throw failed('a central entry is damaged');
    const length = 46 + head.readUInt16LE(28) + head.readUInt16LE(30) + head.readUInt16LE(32);
    if (at + length > end) throw failed('a central entry reaches beyond the directory');
    entries.push(parseEntry(await directory.read(at, length, AHEAD), failed));
    at += length;
  }
  if (at !== end) throw fail('the central directory contains more than its members', at);
  return entries;
}

function parseEntry(bytes: Buffer, fail: (reason: string) => PtFormatError): CentralEntry {
  const extraAt = 46 + bytes.readUInt16LE(28);
  const name = bytes.toString('utf8', 46, extraAt);
  checkName(name, fail);
  if (bytes.readUInt16LE(8) & 1) throw fail(`member ${name} is encrypted`);
  const fields = {
    size: bytes.readUInt32LE(24),
    compressed: bytes.readUInt32LE(20),
    offset: bytes.readUInt32LE(42),
  };
  const extra = bytes.subarray(extraAt, extraAt + bytes.readUInt16LE(30));
  widen(fields, extra, (reason) => fail(`member ${name}: ${reason}`));
  const stored = bytes.readUInt16LE(10) === 0;
  if (stored && fields.size !== fields.compressed)
    throw fail(`member ${name}: stored, but its two sizes differ`);
  return { name, stored, size: fields.size, offset: fields.offset, crc: bytes.readUInt32LE(16) };
}

/** Reads the 64-bit values of overflowing fields from the zip64 extra, in their prescribed order. */
function widen(fields: Record<'size' | 'compressed' | 'offset', number>, extra: Buffer, fail: Fail): void {
  const overflowing = (['size', 'compressed', 'offset'] as const).filter(
    (field) => fields[field] === U32_MAX,
  );
  if (overflowing.length === 0) return;
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 0x0001) continue;
    const length = extra.readUInt16LE(at + 2);
    if (length < 8 * overflowing.length || at + 4 + length > extra.length) break;
    overflowing.forEach((field, i) => {
      fields[field] = whole(extra.readBigUInt64LE(at + 4 + 8 * i), fail);
    });
    return;
  }
  throw fail('its zip64 sizes are missing');
}

async function localDataStart(
  headers: ReadAhead,
  { name, offset }: CentralEntry,
  fileSize: number,
  ahead: number,
  fail: Fail,
): Promise<number> {
  const length = Math.min(30 + Buffer.byteLength(name), Math.max(30, fileSize - offset));
  const header = await headers.read(offset, length, ahead);
  if (header.readUInt32LE(0) !== 0x04034b50) throw fail(`member ${name} has no local header`, offset);
  const nameLength = header.readUInt16LE(26);
  const local = header.toString('utf8', 30);
  if (local !== name || nameLength !== header.length - 30)
    throw fail(`member ${name} is named ${JSON.stringify(local)} in its local header`, offset);
  return offset + 30 + nameLength + header.readUInt16LE(28);
}

function checkName(name: string, fail: (reason: string) => PtFormatError): void {
  const parts = name.split('/');
  if (parts.length < 2) throw fail(`member ${JSON.stringify(name)} is not in a folder`);
  if (/[\\\0]/.test(name) || parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw fail(`member name ${JSON.stringify(name)} is not a plain path`);
  }
}

function whole(value: bigint, fail: Fail): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw fail(`${value} is beyond any file`);
  return Number(value);
}
