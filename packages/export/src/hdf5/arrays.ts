import { type Attribute, datasetHeader } from './object-header.js';
import type { Out } from './out.js';
import { COLLECTION, REFERENCE, writeStrings } from './strings.js';
import { FLOAT32, TEXT } from './types.js';

/** Writes a matrix of float32 that comes in parts. @returns the address of its header. */
export async function writeMatrix(
  out: Out,
  shape: readonly [rows: number, dim: number],
  blocks: () => AsyncIterable<{ data: Float32Array }>,
  attributes: readonly Attribute[] = [],
): Promise<number> {
  const address = out.position;
  const bytes = shape[0] * shape[1] * 4;
  await out.stream(bytes, async function* () {
    for await (const { data } of blocks())
      yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  });
  return writeHeader(out, { type: FLOAT32, shape, address, bytes }, attributes);
}

/** Writes a list of numbers as they are stored. @returns the address of its header. */
export async function writeList(
  out: Out,
  { type, length, data }: { type: Buffer; length: number; data: Uint8Array },
  attributes: readonly Attribute[] = [],
): Promise<number> {
  const address = out.position;
  await out.write(data);
  return writeHeader(out, { type, shape: [length], address, bytes: data.length }, attributes);
}

/** A list of strings that is written in parts. It keeps 16 bytes of each. */
export class Texts {
  readonly #references: Buffer;
  readonly #length: number;
  #held: string[] = [];
  #at = 0;

  constructor(length: number) {
    this.#length = length;
    this.#references = Buffer.alloc(length * REFERENCE);
  }

  /** Takes strings, and writes as many as make whole collections: equal lists give equal bytes, however they come. */
  async add(out: Out, texts: readonly string[]): Promise<void> {
    for (const text of texts) {
      this.#held.push(text);
      if (this.#held.length === COLLECTION) await this.#flush(out);
    }
  }

  /** Ends the list. @returns the address of its header. */
  async end(out: Out, attributes: readonly Attribute[] = []): Promise<number> {
    await this.#flush(out);
    return writeList(out, { type: TEXT, length: this.#length, data: this.#references }, attributes);
  }

  async #flush(out: Out): Promise<void> {
    const own = await writeStrings(out, this.#held);
    own.copy(this.#references, this.#at);
    this.#at += own.length;
    this.#held = [];
  }
}

/** Writes a list of strings that comes in parts. @returns the address of its header. */
export async function writeTexts(
  out: Out,
  length: number,
  texts: AsyncIterable<readonly string[]>,
  attributes: readonly Attribute[] = [],
): Promise<number> {
  const list = new Texts(length);
  for await (const part of texts) await list.add(out, part);
  return list.end(out, attributes);
}

async function writeHeader(
  out: Out,
  dataset: Parameters<typeof datasetHeader>[0],
  attributes: readonly Attribute[],
): Promise<number> {
  const header = out.position;
  await out.write(datasetHeader(dataset, attributes));
  return header;
}
