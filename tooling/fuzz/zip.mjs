import { crc32 } from 'node:zlib';

/** The stored members of a sound zip, by name, in order; null where it is none. */
export function unzip(bytes) {
  const members = [];
  for (let at = bytes.indexOf('PK\x01\x02'); at >= 0; at = bytes.indexOf('PK\x01\x02', at + 46)) {
    const nameLength = bytes.readUInt16LE(at + 28);
    const name = bytes.toString('latin1', at + 46, at + 46 + nameLength);
    const local = bytes.readUInt32LE(at + 42);
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    members.push({ name, bytes: bytes.subarray(start, start + bytes.readUInt32LE(at + 24)) });
  }
  return members.length > 0 ? members : null;
}

/** A zip of stored members with right checksums, whatever their names; `fields` may damage single entries. */
export function zip(members, fields = () => ({})) {
  const pieces = [];
  const central = [];
  let offset = 0;
  members.forEach((member, i) => {
    const { name, bytes } = member;
    const {
      size = bytes.length,
      compressed = bytes.length,
      crc = crc32(bytes),
      method = 0,
      flags = 0x0800,
      at = offset,
      localName = name,
    } = fields(member, i, offset);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50);
    local.writeUInt16LE(flags, 6);
    local.writeUInt16LE(method, 8);
    local.writeUInt32LE(crc, 14);
    local.writeUInt32LE(compressed, 18);
    local.writeUInt32LE(size, 22);
    local.writeUInt16LE(Buffer.byteLength(localName, 'latin1'), 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50);
    local.copy(entry, 6, 4, 28);
    entry.writeUInt16LE(Buffer.byteLength(name, 'latin1'), 28);
    entry.writeUInt32LE(at, 42);
    pieces.push(local, Buffer.from(localName, 'latin1'), bytes);
    central.push(entry, Buffer.from(name, 'latin1'));
    offset += 30 + Buffer.byteLength(localName, 'latin1') + bytes.length;
  });
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...pieces, directory, end]);
}
