import { type Attribute, groupHeader } from './object-header.js';
import { FANOUT, LEAF, type Out } from './out.js';
import { aligned, UNDEFINED, u8, u16, u64 } from './parts.js';

/** Bytes of a name's entry in a leaf. */
const ENTRY = 40;

/** The names of a group and where their objects are. Flat memory but for the names themselves. */
export class Names {
  /** The names as the file has them: each with zeros up to a multiple of eight, behind an empty one. */
  #text = Buffer.alloc(4096);
  #used = 8;
  #offsets: Float64Array = new Float64Array(64);
  #addresses: Float64Array = new Float64Array(64);
  #count = 0;

  add(name: string, address: number): void {
    const length = Buffer.byteLength(name);
    const end = this.#used + aligned(length + 1);
    if (end > this.#text.length) this.#text = Buffer.concat([this.#text], 2 * end);
    this.#text.write(name, this.#used);
    if (this.#count === this.#offsets.length) {
      this.#offsets = grown(this.#offsets);
      this.#addresses = grown(this.#addresses);
    }
    this.#offsets[this.#count] = this.#used;
    this.#addresses[this.#count++] = address;
    this.#used = end;
  }

  /** Writes the group. @returns the address of its header. */
  async write(out: Out, attributes: readonly Attribute[] = []): Promise<number> {
    const text = this.#text.subarray(0, this.#used);
    const offsets = this.#offsets;
    const order = new Uint32Array(this.#count).map((_, at) => at);
    if (!out.measures) order.sort((a, b) => compare(text, offsets[a]!, offsets[b]!));
    const heap = out.position;
    await out.write(Buffer.concat([Buffer.from('HEAP\0\0\0\0'), u64(text.length, 1, heap + 32)]));
    await out.write(text);
    let children: Child[] = [];
    for (let first = 0; first === 0 || first < order.length; first += LEAF) {
      const part = order.subarray(first, first + LEAF);
      const leaf = Buffer.alloc(8 + LEAF * ENTRY);
      leaf.write('SNOD\x01', 'latin1');
      leaf.writeUInt16LE(part.length, 6);
      for (const [at, name] of part.entries()) {
        leaf.writeBigUInt64LE(BigInt(offsets[name]!), 8 + at * ENTRY);
        leaf.writeBigUInt64LE(BigInt(this.#addresses[name]!), 16 + at * ENTRY);
      }
      if (part.length > 0) children.push({ address: out.position, last: offsets[part.at(-1)!]! });
      await out.write(leaf);
    }
    let level = 0;
    do children = await writeLevel(out, children, level++);
    while (children.length > 1);
    const header = out.position;
    await out.write(groupHeader(children[0]!.address, heap, attributes));
    return header;
  }
}

/** A leaf or a node of the tree. */
interface Child {
  address: number;
  /** Offset of the greatest name in it. */
  last: number;
}

/** Bytes of a node of the tree. */
const NODE = 24 + (2 * FANOUT + 1) * 8;

async function writeLevel(out: Out, children: readonly Child[], level: number): Promise<Child[]> {
  const nodes: Child[] = [];
  const first = out.position;
  const count = Math.max(1, Math.ceil(children.length / FANOUT));
  /** The name before all of a node's is its first key; that of the very first is the empty one. */
  let before = 0;
  for (let node = 0; node < count; node++) {
    const own = children.slice(node * FANOUT, (node + 1) * FANOUT);
    const left = node === 0 ? UNDEFINED : first + (node - 1) * NODE;
    const right = node === count - 1 ? UNDEFINED : first + (node + 1) * NODE;
    const bytes = [Buffer.from('TREE'), u8(0, level), u16(own.length), u64(left, right, before)];
    for (const { address, last } of own) bytes.push(u64(address, last));
    nodes.push({ address: out.position, last: own.at(-1)?.last ?? 0 });
    before = own.at(-1)?.last ?? 0;
    await out.write(Buffer.concat(bytes, NODE));
  }
  return nodes;
}

/** Compares two names by their bytes, as HDF5 does. */
function compare(text: Buffer, a: number, b: number): number {
  for (let at = 0; ; at++) {
    const [x, y] = [text[a + at]!, text[b + at]!];
    if (x !== y) return x - y;
    if (x === 0) return 0;
  }
}

function grown(numbers: Float64Array): Float64Array {
  const larger = new Float64Array(numbers.length * 2);
  larger.set(numbers);
  return larger;
}
