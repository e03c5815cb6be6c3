import type { Checksums, Content } from '../container.js';
import { type PtErrorPlace, PtFormatError } from '../format-error.js';
import { crc32 } from '../io/checksum.js';
import type { Source } from '../io/source.js';
import type { PtLimits } from '../limits.js';
import { unpickle } from '../pickle/pickle-reader.js';
import { ptWorld } from '../pickle/world.js';
import type { Storage } from '../tensors/storage.js';
import { checksInOrder, compareSums } from './checks-in-order.js';
import { type Member, readZip } from './zip-reader.js';

/** Bytes per read when checking a member's checksum. */
const CHUNK = 1 << 22;

/** Reads the archive of PyTorch since 1.6: directory and pickle. @throws PtFormatError. */
export async function readArchive(
  source: Source,
  { limits, checksums, unknown }: { limits: PtLimits; checksums: Checksums; unknown: Set<string> | null },
): Promise<Content> {
  const members = await readZip(source, limits.members);
  const folder = [...members.keys()][0]?.split('/')[0];
  const find = (name: string) => members.get(`${folder}/${name}`);
  const pickle = find('data.pkl');
  if (!pickle) throw new PtFormatError('zip', 'it has no data.pkl, so torch.save did not write it');
  if (!find('version') && !find('.data/version'))
    throw new PtFormatError('zip', 'the member version is missing');
  if (pickle.size > limits.pickleBytes) {
    const reason = `data.pkl has ${pickle.size} bytes; at most ${limits.pickleBytes} are read (limits.pickleBytes)`;
    throw new PtFormatError('limit', reason);
  }
  const bigEndian = await isBigEndian(source, find('byteorder'));
  const bytes = await source.read(pickle.start, pickle.size);
  if (checksums !== 'never') compare(source, pickle, crc32(bytes));
  const storages = new Map<string, Storage>();
  const world = ptWorld({
    idLength: 5,
    limits,
    pickleBytes: bytes.length,
    unknown,
    findStorage({ key, bytes: size }) {
      const member = find(`data/${key}`);
      if (!member) throw new PtFormatError('zip', `the storage data/${key} is missing`);
      if (member.size !== size) {
        throw new PtFormatError('tensor', `the storage data/${key} has ${member.size} bytes, not ${size}`);
      }
      let storage = storages.get(key);
      if (!storage) {
        storage = memberStorage(source, member, bigEndian, checksums);
        storages.set(key, storage);
      }
      return storage;
    },
  });
  try {
    const { value, end } = unpickle(bytes, world, limits);
    if (end < bytes.length) throw new PtFormatError('pickle', `${bytes.length - end} bytes follow the end`);
    return {
      value,
      member: pickle.name,
      async verify() {
        for (const member of members.values()) await checkMember(source, member);
      },
      checksInOrder: () => checksInOrder(members.values(), (member) => placeOf(source, member)),
    };
  } catch (error) {
    throw error instanceof PtFormatError ? error.at({ member: pickle.name }) : error;
  }
}

/** PyTorch before 2.1 does not record it, and ran on little-endian machines. */
async function isBigEndian(source: Source, member: Member | undefined): Promise<boolean> {
  if (!member) return false;
  const order = (await source.read(member.start, Math.min(member.size, 16))).toString('latin1');
  if (order === 'little' || order === 'big') return order === 'big';
  throw new PtFormatError(
    'zip',
    `unknown byte order ${JSON.stringify(order)}; only little and big are supported`,
    {
      member: member.name,
    },
  );
}

function memberStorage(source: Source, member: Member, bigEndian: boolean, checksums: Checksums): Storage {
  const { start, size } = member;
  let checked: Promise<void> | null = null;
  return {
    place: placeOf(source, member),
    size,
    start,
    bigEndian,
    async read(offset, length) {
      if (checksums === 'never') return source.read(start + offset, length);
      if (length < size) {
        if (checksums === 'always') {
          checked ??= checkMember(source, member);
          await checked;
        }
        return source.read(start + offset, length);
      }
      let sum = 0;
      const bytes = await source.read(start, size, (part) => {
        sum = crc32(part, sum);
      });
      compare(source, member, sum);
      return bytes;
    },
  };
}

async function checkMember(source: Source, member: Member): Promise<void> {
  let sum = 0;
  for (let at = 0; at < member.size; at += CHUNK)
    sum = crc32(await source.read(member.start + at, Math.min(CHUNK, member.size - at)), sum);
  compare(source, member, sum);
}

function compare(source: Source, member: Member, found: number): void {
  compareSums(member, found, () => placeOf(source, member));
}

function placeOf({ path }: Source, { name }: Member): PtErrorPlace {
  return path === undefined ? { member: name } : { path, member: name };
}
