import { PtFormatError } from './format-error.js';
import { OP } from './opcodes.js';

/** What the machine knows of the world outside a pickle: nothing but what this gives it. */
export interface PickleWorld {
  /** The value of a global, or an error for one that is not plain data. */
  global(module: string, name: string): unknown;
  /** The result of "calling" a global on arguments; no code of the file's runs. */
  reduce(callable: unknown, args: readonly unknown[]): unknown;
  /** The result of giving an object its state. */
  build(object: unknown, state: unknown): unknown;
  persistentId(id: unknown): unknown;
  /** What a memo entry stands for now; an object may have become another by `build`. */
  settled(value: unknown): unknown;
}

const MARK = Symbol('mark');

/**
 * Runs a pickle of protocol 2 to 5 and returns what it describes: dicts as Map, lists and tuples as arrays, sets as Set,
 * bytes as Uint8Array, ints as number or, beyond 2^53, bigint. Executes nothing.
 *
 * @throws PtFormatError with code `pickle`, or what `world` throws, with the offset of the opcode.
 */
export function unpickle(bytes: Buffer, world: PickleWorld): unknown {
  const machine = new PickleMachine(bytes, world);
  try {
    return machine.run();
  } catch (error) {
    throw error instanceof PtFormatError ? error.at({ offset: machine.opcodeAt }) : error;
  }
}

const fail = (reason: string) => new PtFormatError('pickle', reason);

class PickleMachine {
  /** Offset of the opcode at work. */
  opcodeAt = 0;
  readonly #bytes: Buffer;
  readonly #world: PickleWorld;
  readonly #stack: unknown[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, unknown>();
  #at = 0;

  constructor(bytes: Buffer, world: PickleWorld) {
    this.#bytes = bytes;
    this.#world = world;
  }

  run(): unknown {
    for (;;) {
      this.opcodeAt = this.#at;
      const opcode = this.#u8();
      if (opcode === OP.STOP) break;
      this.#step(opcode);
    }
    const value = this.#pop();
    if (this.#stack.length > 0) throw fail('more than one value is left at the end');
    if (this.#at !== this.#bytes.length) throw fail(`${this.#bytes.length - this.#at} bytes follow the end`);
    return value;
  }

  #step(opcode: number): void {
    switch (opcode) {
      case OP.PROTO: {
        const protocol = this.#u8();
        if (protocol < 2 || protocol > 5) throw fail(`protocol ${protocol}; 2 to 5 are read`);
        return;
      }
      case OP.FRAME:
        this.#u64();
        return;
      case OP.MARK:
        this.#marks.push(this.#stack.length);
        this.#stack.push(MARK);
        return;
      case OP.POP:
        if (this.#marks.at(-1) === this.#stack.length - 1) this.#marks.pop();
        this.#stack.pop();
        return;
      case OP.POP_MARK:
        this.#popMark();
        return;
      case OP.DUP:
        return this.#push(this.#top());
      case OP.NONE:
        return this.#push(null);
      case OP.NEWTRUE:
        return this.#push(true);
      case OP.NEWFALSE:
        return this.#push(false);
      case OP.BININT1:
        return this.#push(this.#u8());
      case OP.BININT2:
        return this.#push(this.#take(2).readUInt16LE());
      case OP.BININT:
        return this.#push(this.#take(4).readInt32LE());
      case OP.LONG1:
        return this.#push(integer(this.#take(this.#u8())));
      case OP.LONG4:
        return this.#push(integer(this.#take(this.#u32())));
      case OP.BINFLOAT:
        return this.#push(this.#take(8).readDoubleBE());
      case OP.BINUNICODE:
        return this.#push(this.#take(this.#u32()).toString('utf8'));
      case OP.SHORT_BINUNICODE:
        return this.#push(this.#take(this.#u8()).toString('utf8'));
      case OP.BINUNICODE8:
        return this.#push(this.#take(this.#u64()).toString('utf8'));
      case OP.SHORT_BINSTRING:
        return this.#push(this.#take(this.#u8()).toString('latin1'));
      case OP.BINSTRING:
        return this.#push(this.#take(this.#u32()).toString('latin1'));
      case OP.SHORT_BINBYTES:
        return this.#push(this.#take(this.#u8()));
      case OP.BINBYTES:
        return this.#push(this.#take(this.#u32()));
      case OP.BINBYTES8:
      case OP.BYTEARRAY8:
        return this.#push(this.#take(this.#u64()));
      case OP.EMPTY_DICT:
        return this.#push(new Map());
      case OP.EMPTY_LIST:
      case OP.EMPTY_TUPLE:
        return this.#push([]);
      case OP.EMPTY_SET:
        return this.#push(new Set());
      case OP.TUPLE1:
      case OP.TUPLE2:
      case OP.TUPLE3: {
        const items = Array.from({ length: opcode - OP.TUPLE1 + 1 }, () => this.#pop());
        return this.#push(items.reverse());
      }
      case OP.TUPLE:
      case OP.LIST:
        return this.#push(this.#popMark());
      case OP.FROZENSET:
        return this.#push(new Set(this.#popMark()));
      case OP.DICT: {
        const items = this.#popMark();
        this.#push(new Map());
        return this.#setItems(items);
      }
      case OP.APPEND: {
        const item = this.#pop();
        return this.#append([item]);
      }
      case OP.APPENDS:
        return this.#append(this.#popMark());
      case OP.ADDITEMS: {
        const items = this.#popMark();
        const set = this.#top();
        if (!(set instanceof Set)) throw fail('items are added to what is no set');
        for (const item of items) set.add(item);
        return;
      }
      case OP.SETITEM: {
        const value = this.#pop();
        return this.#setItems([this.#pop(), value]);
      }
      case OP.SETITEMS:
        return this.#setItems(this.#popMark());
      case OP.BINPUT:
        return this.#put(this.#u8());
      case OP.LONG_BINPUT:
        return this.#put(this.#u32());
      case OP.MEMOIZE:
        return this.#put(this.#memo.size);
      case OP.BINGET:
        return this.#get(this.#u8());
      case OP.LONG_BINGET:
        return this.#get(this.#u32());
      case OP.GLOBAL: {
        const module = this.#line();
        return this.#push(this.#world.global(module, this.#line()));
      }
      case OP.STACK_GLOBAL: {
        const name = this.#pop();
        const module = this.#pop();
        if (typeof module !== 'string' || typeof name !== 'string')
          throw fail('a global is named by what is no string');
        return this.#push(this.#world.global(module, name));
      }
      case OP.REDUCE:
      case OP.NEWOBJ: {
        const args = this.#pop();
        const callable = this.#pop();
        if (!Array.isArray(args)) throw fail('the arguments of a call are no tuple');
        return this.#push(this.#world.reduce(callable, args));
      }
      case OP.BUILD: {
        const state = this.#pop();
        return this.#push(this.#world.build(this.#pop(), state));
      }
      case OP.BINPERSID:
        return this.#push(this.#world.persistentId(this.#pop()));
      default:
        throw fail(`opcode 0x${opcode.toString(16).padStart(2, '0')} is not one that plain data need`);
    }
  }

  #append(items: readonly unknown[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) throw fail('items are appended to what is no list');
    for (const item of items) list.push(item);
  }

  #setItems(items: readonly unknown[]): void {
    const dict = this.#top();
    if (!(dict instanceof Map)) throw fail('items are set in what is no dict');
    if (items.length % 2 !== 0) throw fail('a key has no value');
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i];
      if (typeof key === 'object' && key !== null) throw fail('a key is neither a string nor a number');
      dict.set(key, items[i + 1]);
    }
  }

  #push(value: unknown): void {
    this.#stack.push(value);
  }

  #top(): unknown {
    const value = this.#stack.at(-1);
    if (this.#stack.length === 0 || value === MARK) throw fail('the stack is empty');
    return value;
  }

  #pop(): unknown {
    const value = this.#top();
    this.#stack.pop();
    return value;
  }

  #popMark(): unknown[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw fail('there is no mark');
    const items = this.#stack.splice(mark);
    items.shift();
    return items;
  }

  #put(slot: number): void {
    this.#memo.set(slot, this.#top());
  }

  #get(slot: number): void {
    if (!this.#memo.has(slot)) throw fail(`nothing is memorised under ${slot}`);
    this.#push(this.#world.settled(this.#memo.get(slot)));
  }

  #take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) {
      throw fail(`${length} bytes are announced, but ${this.#bytes.length - this.#at} are left`);
    }
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #u8(): number {
    return this.#take(1)[0]!;
  }

  #u32(): number {
    return this.#take(4).readUInt32LE();
  }

  #u64(): number {
    return Number(this.#take(8).readBigUInt64LE());
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw fail('a name has no end');
    const line = this.#bytes.toString('utf8', this.#at, end);
    this.#at = end + 1;
    return line;
  }
}

/** Little-endian two's complement. */
function integer(bytes: Buffer): number | bigint {
  if (bytes.length > 1024) throw fail(`an integer of ${bytes.length} bytes`);
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  value = BigInt.asIntN(bytes.length * 8, value);
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}
