import { forbidden, PtFormatError } from '../format-error.js';
import type { PtLimits } from '../limits.js';
import { PtFrozenSet, PtOpaque, PtTuple } from '../values.js';
import { type KeyReader, makeTuple } from './keys.js';
import { Memo } from './memo.js';
import { OP } from './opcodes.js';
import { EndOfPickle, PickleBytes } from './pickle-bytes.js';
import { LITERALS } from './pickle-literals.js';

/** Everything that the pickle machine knows outside a pickle. */
export interface PickleWorld {
  /** Makes the keys of dicts and the items of sets. */
  readonly keys: KeyReader;
  /** The value of a global; throws for one that is not plain data. */
  global(module: string, name: string): unknown;
  /** The result of "calling" a global with arguments; runs no code of the file. */
  reduce(callable: unknown, args: readonly unknown[]): unknown;
  /** The result of giving an object its state. */
  build(object: unknown, state: unknown): unknown;
  persistentId(id: unknown): unknown;
  /** The current value of a memo entry; `build` may have replaced the object. */
  settled(value: unknown): unknown;
}

const MARK = Symbol('mark');
/** Cost of an object in `limits.values`, relative to a number; and of a mark, which is stored twice. */
const OBJECT_COST = 16;
const MARK_COST = 4;

const fail = (reason: string) => new PtFormatError('pickle', reason);

/** A value, and the offset after its pickle. */
export interface Unpickled {
  value: unknown;
  end: number;
}

/**
 * Reads a pickle of protocol 2 to 5, from `from` on, and returns its value: dicts as Map, lists as arrays,
 * tuples as PtTuple, sets as Set, bytes as Uint8Array, floats as PtFloat, ints as number or, beyond 2^53,
 * bigint. Executes nothing. An object that occurs twice is shared.
 *
 * @throws PtFormatError with code `pickle` or `limit`, or the error of `world`, with the opcode's offset.
 */
export function unpickle(bytes: Buffer, world: PickleWorld, limits: PtLimits, from = 0): Unpickled {
  const machine = new PickleMachine(new PickleBytes(bytes, limits, from), world, limits);
  try {
    return machine.run();
  } catch (error) {
    const place = { offset: machine.opcodeAt };
    if (error instanceof PtFormatError) throw error.at(place);
    if (!(error instanceof RangeError)) throw error;
    throw new PtFormatError('limit', `more than Node can hold: ${error.message}`, place, { cause: error });
  }
}

class PickleMachine {
  /** Offset of the current opcode. */
  opcodeAt = 0;
  readonly #in: PickleBytes;
  readonly #world: PickleWorld;
  readonly #stack: unknown[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Memo();
  readonly #limits: PtLimits;
  #cost = 0;

  constructor(bytes: PickleBytes, world: PickleWorld, limits: PtLimits) {
    this.#in = bytes;
    this.#world = world;
    this.#limits = limits;
  }

  run(): Unpickled {
    for (let steps = 0; ; steps++) {
      this.opcodeAt = this.#in.at;
      if (steps >= this.#limits.opcodes) throw beyond(`more than ${this.#limits.opcodes} steps`, 'opcodes');
      const opcode = this.#in.u8();
      if (opcode === OP.STOP) break;
      this.#step(opcode);
    }
    const value = this.#pop();
    if (this.#stack.length > 0) throw fail('more than one value is left at the end');
    return { value, end: this.#in.at };
  }

  #step(opcode: number): void {
    const bytes = this.#in;
    const literal = LITERALS[opcode];
    if (literal) return this.#pushNew(literal(bytes));
    switch (opcode) {
      case OP.PROTO: {
        const protocol = bytes.u8();
        if (protocol < 2 || protocol > 5) throw fail(`protocol ${protocol} is not supported, only 2 to 5`);
        return;
      }
      case OP.FRAME: {
        const length = bytes.u64();
        if (length > bytes.left) throw new EndOfPickle(length, bytes.left);
        return;
      }
      case OP.MARK:
        this.#push(MARK, MARK_COST);
        this.#marks.push(this.#stack.length - 1);
        return;
      case OP.POP:
        if (this.#stack.at(-1) === MARK) this.#popMark();
        else this.#pop();
        return;
      case OP.POP_MARK:
        this.#popMark();
        return;
      case OP.DUP:
        return this.#push(this.#top());
      case OP.TUPLE1:
      case OP.TUPLE2:
      case OP.TUPLE3: {
        const items = Array.from({ length: opcode - OP.TUPLE1 + 1 }, () => this.#pop());
        return this.#pushNew(makeTuple(items.reverse()));
      }
      case OP.TUPLE:
        return this.#pushNew(makeTuple(this.#popMark()));
      case OP.LIST:
        return this.#pushNew(this.#popMark());
      case OP.FROZENSET:
        return this.#pushNew(this.#world.keys.addAll(new PtFrozenSet(), this.#popMark()));
      case OP.DICT: {
        const items = this.#popMark();
        this.#pushNew(new Map());
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
        if (isObject(set)) return this.#append(items);
        if (!(set instanceof Set) || set instanceof PtFrozenSet)
          throw fail('items are added to something other than a set');
        this.#world.keys.addAll(set, items);
        return;
      }
      case OP.SETITEM: {
        const value = this.#pop();
        return this.#setItems([this.#pop(), value]);
      }
      case OP.SETITEMS:
        return this.#setItems(this.#popMark());
      case OP.BINPUT:
        return this.#put(bytes.u8());
      case OP.LONG_BINPUT:
        return this.#put(bytes.u32());
      case OP.MEMOIZE:
        return this.#put(this.#memo.size);
      case OP.BINGET:
        return this.#get(bytes.u8());
      case OP.LONG_BINGET:
        return this.#get(bytes.u32());
      case OP.GLOBAL: {
        const module = bytes.line();
        return this.#pushNew(this.#world.global(module, bytes.line()));
      }
      case OP.STACK_GLOBAL: {
        const name = this.#pop();
        const module = this.#pop();
        if (typeof module !== 'string' || typeof name !== 'string')
          throw fail('a global is named by something other than a string');
        return this.#pushNew(this.#world.global(module, name));
      }
      case OP.REDUCE:
      case OP.NEWOBJ: {
        const args = this.#pop();
        const callable = this.#pop();
        if (!Array.isArray(args)) throw fail('the arguments of a call are not a tuple');
        return this.#pushNew(this.#world.reduce(callable, args));
      }
      case OP.INST: {
        const module = bytes.line();
        throw forbidden(`${module}.${bytes.line()}`);
      }
      case OP.BUILD: {
        const state = this.#pop();
        return this.#pushNew(this.#world.build(this.#pop(), state));
      }
      case OP.BINPERSID:
        return this.#pushNew(this.#world.persistentId(this.#pop()));
      default:
        throw fail(`opcode 0x${opcode.toString(16).padStart(2, '0')} is never needed for plain data`);
    }
  }

  #append(items: readonly unknown[]): void {
    const top = this.#top();
    const list = isObject(top) ? top.items : top;
    if (!Array.isArray(list) || list instanceof PtTuple)
      throw fail('items are appended to something other than a list');
    for (const item of items) list.push(item);
  }

  #setItems(items: readonly unknown[]): void {
    const top = this.#top();
    const dict = isObject(top) ? top.entries : top;
    if (!(dict instanceof Map)) throw fail('items are set in something other than a dict');
    if (items.length % 2 !== 0) throw fail('a key has no value');
    for (let i = 0; i < items.length; i += 2) {
      dict.set(this.#world.keys.keyOf(items[i], dict), items[i + 1]);
    }
  }

  #push(value: unknown, cost = 1): void {
    this.#cost += cost;
    if (this.#cost > this.#limits.values) throw beyond('it contains too many values', 'values');
    this.#stack.push(value);
  }

  #pushNew(value: unknown): void {
    this.#push(value, typeof value === 'object' ? OBJECT_COST : 1);
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
    if (this.#memo.size >= this.#limits.memo)
      throw beyond(`more than ${this.#limits.memo} memo entries`, 'memo');
    this.#memo.set(slot, this.#top());
  }

  #get(slot: number): void {
    if (!this.#memo.has(slot)) throw fail(`memo slot ${slot} is empty`);
    this.#push(this.#world.settled(this.#memo.get(slot)));
  }
}

/** An object of an unknown class; the bare name of one holds nothing. */
const isObject = (value: unknown): value is PtOpaque => value instanceof PtOpaque && value.args !== null;

function beyond(reason: string, limit: keyof PtLimits): PtFormatError {
  return new PtFormatError('limit', `${reason} (limits.${limit})`);
}
