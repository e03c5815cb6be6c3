import { padded, UNDEFINED, u8, u16, u32, u64 } from './parts.js';

/** The kinds of messages that an object's header has here. */
const KIND = { dataspace: 0x1, datatype: 0x3, fill: 0x5, layout: 0x8, attribute: 0xc, symbolTable: 0x11 };

/** A list of values beside an object. */
export interface Attribute {
  name: string;
  /** Empty: one value. */
  shape: readonly number[];
  type: Buffer;
  data: Buffer;
}

/** The header of an array whose elements lie in one piece. */
export const datasetHeader = (
  { type, shape, address, bytes }: { type: Buffer; shape: readonly number[]; address: number; bytes: number },
  attributes: readonly Attribute[] = [],
): Buffer =>
  header([
    message(KIND.dataspace, dataspace(shape)),
    message(KIND.datatype, type),
    // Space is there from the start; no value stands for what was not written.
    message(KIND.fill, padded(u8(2, 2, 2, 1), u32(0))),
    message(KIND.layout, padded(u8(3, 1), u64(bytes === 0 ? UNDEFINED : address, bytes))),
    ...attributes.map(attribute),
  ]);

/** The header of a group. @param tree address of the B-tree of its names. @param heap address of the names. */
export const groupHeader = (tree: number, heap: number, attributes: readonly Attribute[] = []): Buffer =>
  header([message(KIND.symbolTable, u64(tree, heap)), ...attributes.map(attribute)]);

/** Version 1, which every HDF5 reads: it has neither times nor checksums. */
function header(messages: readonly Buffer[]): Buffer {
  const body = Buffer.concat(messages);
  return Buffer.concat([u8(1, 0), u16(messages.length), u32(1, body.length, 0), body]);
}

function message(kind: number, data: Buffer): Buffer {
  const body = padded(data);
  return Buffer.concat([u16(kind, body.length), u8(0, 0, 0, 0), body]);
}

function dataspace(shape: readonly number[]): Buffer {
  return Buffer.concat([u8(1, shape.length, 0, 0), u32(0), u64(...shape)]);
}

function attribute({ name, shape, type, data }: Attribute): Buffer {
  const space = dataspace(shape);
  const text = Buffer.from(`${name}\0`);
  return message(
    KIND.attribute,
    Buffer.concat([
      u8(1, 0),
      u16(text.length, type.length, space.length),
      padded(text),
      padded(type),
      padded(space),
      data,
    ]),
  );
}
