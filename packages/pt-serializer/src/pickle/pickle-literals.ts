import { PtByteArray, PtFloat } from '../values.js';
import { makeTuple } from './keys.js';
import { OP } from './opcodes.js';
import type { PickleBytes } from './pickle-bytes.js';

type Literal = (bytes: PickleBytes) => unknown;

const literals = new Map<number, Literal>([
  [OP.NONE, () => null],
  [OP.NEWTRUE, () => true],
  [OP.NEWFALSE, () => false],
  [OP.BININT1, (bytes) => bytes.u8()],
  [OP.BININT2, (bytes) => bytes.u16()],
  [OP.BININT, (bytes) => bytes.i32()],
  [OP.LONG1, (bytes) => bytes.integer(bytes.u8())],
  [OP.LONG4, (bytes) => bytes.integer(bytes.u32())],
  [OP.BINFLOAT, (bytes) => new PtFloat(bytes.f64BigEndian())],
  [OP.BINUNICODE, (bytes) => bytes.utf8(bytes.u32())],
  [OP.SHORT_BINUNICODE, (bytes) => bytes.utf8(bytes.u8())],
  [OP.BINUNICODE8, (bytes) => bytes.utf8(bytes.u64())],
  [OP.SHORT_BINSTRING, (bytes) => bytes.utf8(bytes.u8())],
  [OP.BINSTRING, (bytes) => bytes.utf8(bytes.u32())],
  [OP.SHORT_BINBYTES, (bytes) => bytes.bytes(bytes.u8())],
  [OP.BINBYTES, (bytes) => bytes.bytes(bytes.u32())],
  [OP.BINBYTES8, (bytes) => bytes.bytes(bytes.u64())],
  [OP.BYTEARRAY8, (bytes) => new PtByteArray(bytes.take(bytes.u64()))],
  [OP.EMPTY_DICT, () => new Map()],
  [OP.EMPTY_LIST, () => []],
  [OP.EMPTY_TUPLE, () => makeTuple([])],
  [OP.EMPTY_SET, () => new Set()],
]);

/** By opcode, how to read or make the value that it pushes. An array: one lookup per step. */
export const LITERALS: readonly (Literal | undefined)[] = Array.from({ length: 256 }, (_, opcode) =>
  literals.get(opcode),
);
