import type { Bits } from './bits.js';

const LONGEST_CODE = 20;
const GROUP_SYMBOLS = 50;

/** Codes of one Huffman table: for each length, the last code, and what to subtract for the place in `symbols`. */
interface Table {
  shortest: number;
  longest: number;
  limit: Int32Array;
  base: Int32Array;
  symbols: Uint16Array;
}

/** Reads the symbols of a block of bzip2, each by the table that its selector names. */
export class SymbolReader {
  readonly #bits: Bits;
  readonly #tables: readonly Table[];
  readonly #selectors: Uint8Array;
  #table: Table;
  #group = 0;
  /** Symbols until the next selector. */
  #left = GROUP_SYMBOLS;

  /** Reads the selectors and the tables. @param symbols how many symbols there are. */
  constructor(bits: Bits, symbols: number) {
    this.#bits = bits;
    const tables = bits.read(3);
    const selectors = bits.read(15);
    if (tables < 2 || tables > 6 || selectors < 1) throw new Error('its tables make no sense');
    this.#selectors = readSelectors(bits, tables, selectors);
    this.#tables = Array.from({ length: tables }, () => readTable(bits, symbols));
    this.#table = this.#tables[this.#selectors[0]!]!;
  }

  next(): number {
    if (this.#left === 0) {
      const selector = this.#selectors[++this.#group];
      if (selector === undefined) throw new Error('it has more symbols than it says');
      this.#table = this.#tables[selector]!;
      this.#left = GROUP_SYMBOLS;
    }
    this.#left--;
    const { shortest, longest, limit, base, symbols } = this.#table;
    let length = shortest;
    let code = this.#bits.read(length);
    while (code > limit[length]!) {
      if (++length > longest) throw new Error('it has a code that no table has');
      code = (code << 1) | this.#bits.read(1);
    }
    const symbol = symbols[code - base[length]!];
    if (symbol === undefined) throw new Error('it has a code that no table has');
    return symbol;
  }
}

/** Selectors are written as places in a list, in which the last one is moved to the front. */
function readSelectors(bits: Bits, tables: number, count: number): Uint8Array {
  const recent = Array.from({ length: tables }, (_, table) => table);
  return Uint8Array.from({ length: count }, () => {
    let place = 0;
    while (bits.read(1) === 1) if (++place === tables) throw new Error('it names a table that is not there');
    const [table] = recent.splice(place, 1);
    recent.unshift(table!);
    return table!;
  });
}

function readTable(bits: Bits, symbols: number): Table {
  const lengths = new Uint8Array(symbols);
  let length = bits.read(5);
  for (let symbol = 0; symbol < symbols; symbol++) {
    for (;;) {
      if (length < 1 || length > LONGEST_CODE) throw new Error('a code has an impossible length');
      if (bits.read(1) === 0) break;
      length += bits.read(1) === 0 ? 1 : -1;
    }
    lengths[symbol] = length;
  }
  return tableOf(lengths);
}

function tableOf(lengths: Uint8Array): Table {
  const counts = new Int32Array(LONGEST_CODE + 2);
  for (const length of lengths) counts[length]!++;
  const [shortest, longest] = [Math.min(...lengths), Math.max(...lengths)];
  const limit = new Int32Array(LONGEST_CODE + 2);
  const base = new Int32Array(LONGEST_CODE + 2);
  const symbols = new Uint16Array(lengths.length);
  let place = 0;
  let code = 0;
  for (let length = shortest; length <= longest; length++) {
    base[length] = code - place;
    for (const [symbol, each] of lengths.entries()) if (each === length) symbols[place++] = symbol;
    code += counts[length]!;
    limit[length] = code - 1;
    code <<= 1;
  }
  return { shortest, longest, limit, base, symbols };
}
