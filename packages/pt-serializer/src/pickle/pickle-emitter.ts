import { oneOf } from '@holdfast/options';
import { ByteBuffer } from '../io/byte-buffer.js';
import { unwritable } from '../refusals.js';
import { OP } from './opcodes.js';

/** The supported pickle protocols: 2, which PyTorch's restricted reader takes, and 4. */
export type Protocol = 2 | 4;

export const isProtocol = oneOf([2, 4]);

/** Half of a surrogate pair. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Length up to which a loop over the characters is faster than a call of the runtime. */
const SHORT = 64;

function isShortAscii(value: string): boolean {
  if (value.length > SHORT) return false;
  for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) > 0x7f) return false;
  return true;
}

/** Writes the opcodes of values that contain no others. */
export class PickleEmitter {
  readonly out = new ByteBuffer();

  constructor(readonly protocol: Protocol) {
    this.out.byte(OP.PROTO);
    this.out.byte(protocol);
  }

  /** @throws TypeError for half a surrogate pair: UTF-8 lacks it, so two different IDs could become one. */
  string(value: string, path: () => string): void {
    const { out } = this;
    // The common case: thousands of IDs.
    if (isShortAscii(value)) {
      this.#textHeader(value.length);
      out.ascii(value);
      return;
    }
    if (LONE_SURROGATE.test(value)) {
      throw unwritable(
        `${path() || 'the value'}: ${JSON.stringify(value)} has half a surrogate pair and cannot be written`,
      );
    }
    this.#textHeader(Buffer.byteLength(value));
    out.text(value);
  }

  #textHeader(length: number): void {
    const { out } = this;
    if (this.protocol === 4 && length <= 0xff) {
      out.byte(OP.SHORT_BINUNICODE);
      out.byte(length);
    } else {
      out.byte(OP.BINUNICODE);
      out.u32(length);
    }
  }

  /** Writes whole numbers up to 2^53 as ints, others as floats. */
  number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) this.integer(value);
    else this.float(value);
  }

  float(value: number): void {
    this.out.byte(OP.BINFLOAT);
    this.out.f64BigEndian(value);
  }

  integer(value: number | bigint): void {
    const { out } = this;
    if (value >= 0 && value <= 0xff) {
      out.byte(OP.BININT1);
      out.byte(Number(value));
    } else if (value >= 0 && value <= 0xffff) {
      out.byte(OP.BININT2);
      out.u16(Number(value));
    } else if (value >= -0x80000000 && value <= 0x7fffffff) {
      out.byte(OP.BININT);
      out.i32(Number(value));
    } else {
      const bytes = twosComplement(BigInt(value));
      if (bytes.length <= 0xff) {
        out.byte(OP.LONG1);
        out.byte(bytes.length);
      } else {
        out.byte(OP.LONG4);
        out.u32(bytes.length);
      }
      out.raw(bytes);
    }
  }

  bytes(value: Uint8Array): void {
    const { out } = this;
    if (this.protocol === 4) {
      if (value.length <= 0xff) {
        out.byte(OP.SHORT_BINBYTES);
        out.byte(value.length);
      } else if (value.length <= 0xffffffff) {
        out.byte(OP.BINBYTES);
        out.u32(value.length);
      } else {
        out.byte(OP.BINBYTES8);
        out.u64(value.length);
      }
      out.raw(value);
      return;
    }
    // Protocol 2 has no bytes; a string of that many code points represents them.
    this.global('_codecs', 'encode');
    this.#latin1(value);
    this.string('latin1', () => '');
    out.byte(OP.TUPLE2);
    out.byte(OP.REDUCE);
  }

  byteArray(value: Uint8Array): void {
    this.global('__builtin__', 'bytearray');
    this.#latin1(value);
    this.string('latin-1', () => '');
    this.out.byte(OP.TUPLE2);
    this.out.byte(OP.REDUCE);
  }

  /** @throws TypeError for a name with a line feed, which arbitrary opcodes could follow. */
  global(module: string, name: string): void {
    const { out } = this;
    if (!/^\w+$/.test(name)) throw unwritable(`${JSON.stringify(name)} is not a name of ${module}`);
    if (this.protocol === 4) {
      this.string(module === '__builtin__' ? 'builtins' : module, () => '');
      this.string(name, () => '');
      out.byte(OP.STACK_GLOBAL);
    } else {
      out.byte(OP.GLOBAL);
      out.text(`${module}\n${name}\n`);
    }
  }

  tuple(items: readonly number[]): void {
    if (items.length > 3) this.out.byte(OP.MARK);
    for (const item of items) this.integer(item);
    this.endTuple(items.length);
  }

  /** Makes a tuple of the last items; of more than three, those since the mark. */
  endTuple(length: number): void {
    this.out.byte([OP.EMPTY_TUPLE, OP.TUPLE1, OP.TUPLE2, OP.TUPLE3][length] ?? OP.TUPLE);
  }

  put(slot: number): void {
    this.#slot(OP.BINPUT, OP.LONG_BINPUT, slot);
  }

  get(slot: number): void {
    this.#slot(OP.BINGET, OP.LONG_BINGET, slot);
  }

  #slot(short: number, long: number, slot: number): void {
    const { out } = this;
    out.byte(slot <= 0xff ? short : long);
    if (slot <= 0xff) out.byte(slot);
    else out.u32(slot);
  }

  #latin1(value: Uint8Array): void {
    const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1');
    this.string(text, () => '');
  }
}

/** Little-endian two's complement in the fewest bytes that include the sign. */
function twosComplement(value: bigint): Uint8Array {
  const bits = (value < 0n ? ~value : value).toString(16).length * 4 + 1;
  let length = Math.ceil(bits / 8);
  // The first hexadecimal digit may leave a byte unused.
  if (length > 1 && BigInt.asIntN((length - 1) * 8, value) === value) length--;
  const hex = BigInt.asUintN(length * 8, value)
    .toString(16)
    .padStart(length * 2, '0');
  return Buffer.from(hex, 'hex').reverse();
}
