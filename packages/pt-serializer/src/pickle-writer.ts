import { ByteBuffer } from './byte-buffer.js';
import { contiguousStride, DTYPES, elementCount } from './dtypes.js';
import { MAX_DEPTH } from './limits.js';
import { OP } from './opcodes.js';
import { PtTensor, type PtValue } from './pt-value.js';

/**
 * A value as a pickle of protocol 2 that PyTorch's restricted reader takes, and the tensors whose bytes go to the
 * storages `0`, `1`, … it names. A tensor that occurs twice has one storage.
 *
 * @throws TypeError for a value that cannot be written, with its path.
 */
export function pickle(value: PtValue): { bytes: Uint8Array; storages: PtTensor[] } {
  const writer = new PickleWriter();
  writer.out.byte(OP.PROTO);
  writer.out.byte(2);
  writer.value(value, '', 0);
  writer.out.byte(OP.STOP);
  return { bytes: writer.out.view(), storages: [...writer.storages.keys()] };
}

class PickleWriter {
  readonly out = new ByteBuffer();
  /** Tensors in the order of their storages' keys. */
  readonly storages = new Map<PtTensor, number>();

  value(value: PtValue, path: string, depth: number): void {
    const { out } = this;
    if (value === null) out.byte(OP.NONE);
    else if (typeof value === 'boolean') out.byte(value ? OP.NEWTRUE : OP.NEWFALSE);
    else if (typeof value === 'string') this.#string(value, path);
    else if (typeof value === 'bigint') this.#integer(value);
    else if (typeof value === 'number') this.#number(value);
    else if (value instanceof PtTensor) this.#tensor(value);
    else if (depth >= MAX_DEPTH) throw new TypeError(`${path}: nested deeper than ${MAX_DEPTH}`);
    else if (Array.isArray(value)) this.#list(value, path, depth);
    else if (value instanceof Map) this.#dict(value.entries(), path, depth);
    else if (isPlainObject(value)) this.#dict(Object.entries(value), path, depth);
    else throw new TypeError(`${path || 'the value'}: ${describe(value)} cannot be written`);
  }

  #list(items: readonly PtValue[], path: string, depth: number): void {
    this.out.byte(OP.EMPTY_LIST);
    if (items.length === 0) return;
    this.out.byte(OP.MARK);
    for (let i = 0; i < items.length; i++) {
      const item = items[i]!;
      // Lists of IDs are long; a path is made only for what can fail.
      if (typeof item === 'string') this.#string(item, path, i);
      else this.value(item, `${path}/${i}`, depth + 1);
    }
    this.out.byte(OP.APPENDS);
  }

  #dict(entries: Iterable<readonly [string | number, PtValue]>, path: string, depth: number): void {
    this.out.byte(OP.EMPTY_DICT);
    let open = false;
    for (const [key, item] of entries) {
      if (typeof key !== 'string' && typeof key !== 'number') {
        throw new TypeError(`${path || 'the value'}: a key is ${describe(key)}; keys are strings or numbers`);
      }
      if (!open) this.out.byte(OP.MARK);
      open = true;
      this.value(key, `${path}/${key}`, depth);
      this.value(item, `${path}/${key}`, depth + 1);
    }
    if (open) this.out.byte(OP.SETITEMS);
  }

  #string(value: string, path = '', index?: number): void {
    const { out } = this;
    // UTF-8 has no lone surrogates: two different IDs could become one.
    if (!isWellFormed(value)) {
      const where = index === undefined ? path || 'the value' : `${path}/${index}`;
      throw new TypeError(`${where}: ${JSON.stringify(value)} has half a character and cannot be written`);
    }
    out.byte(OP.BINUNICODE);
    out.u32(Buffer.byteLength(value));
    out.text(value);
  }

  #number(value: number): void {
    if (Number.isInteger(value) && !Object.is(value, -0)) {
      this.#integer(value);
    } else {
      this.out.byte(OP.BINFLOAT);
      this.out.f64BigEndian(value);
    }
  }

  #integer(value: number | bigint): void {
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
      if (bytes.length > 255) throw new TypeError(`an integer of ${bytes.length} bytes cannot be written`);
      out.byte(OP.LONG1);
      out.byte(bytes.length);
      out.raw(bytes);
    }
  }

  #tensor(value: PtTensor): void {
    const { out } = this;
    const key = this.storages.get(value) ?? this.storages.size;
    this.storages.set(value, key);
    const { storage } = DTYPES[value.dtype];
    const count = elementCount(value.shape);
    this.#global('torch._utils', storage ? '_rebuild_tensor_v2' : '_rebuild_tensor_v3');
    out.byte(OP.MARK);
    out.byte(OP.MARK);
    this.#string('storage');
    if (storage) this.#global('torch', storage);
    else this.#global('torch.storage', 'UntypedStorage');
    this.#string(String(key));
    this.#string('cpu');
    this.#integer(storage ? count : value.byteLength);
    out.byte(OP.TUPLE);
    out.byte(OP.BINPERSID);
    this.#integer(0);
    this.#tuple(value.shape);
    this.#tuple(contiguousStride(value.shape));
    out.byte(OP.NEWFALSE);
    this.#global('collections', 'OrderedDict');
    out.byte(OP.EMPTY_TUPLE);
    out.byte(OP.REDUCE);
    if (!storage) this.#global('torch', value.dtype);
    out.byte(OP.TUPLE);
    out.byte(OP.REDUCE);
  }

  #tuple(items: readonly number[]): void {
    const { out } = this;
    if (items.length > 3) out.byte(OP.MARK);
    for (const item of items) this.#integer(item);
    out.byte([OP.EMPTY_TUPLE, OP.TUPLE1, OP.TUPLE2, OP.TUPLE3][items.length] ?? OP.TUPLE);
  }

  #global(module: string, name: string): void {
    this.out.byte(OP.GLOBAL);
    this.out.text(`${module}\n${name}\n`);
  }
}

/** Whether no surrogate stands alone. */
const LONE_SURROGATE = /\p{Surrogate}/u;
const isWellFormed = (value: string) => !LONE_SURROGATE.test(value);

/** Little-endian two's complement in as few bytes as hold the sign too. */
function twosComplement(value: bigint): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 8n) {
    const byte = Number(rest & 0xffn);
    bytes.push(byte);
    const signed = rest >> 8n;
    if ((signed === 0n && byte < 0x80) || (signed === -1n && byte >= 0x80)) return Uint8Array.from(bytes);
  }
}

function isPlainObject(value: unknown): value is { [key: string]: PtValue } {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function describe(value: unknown): string {
  if (value === undefined) return 'undefined';
  return typeof value === 'object' && value !== null
    ? `a ${value.constructor?.name ?? 'object'}`
    : `a ${typeof value}`;
}
