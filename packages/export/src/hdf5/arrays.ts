import type { ExportSource } from '../export-source.js';
import { WIDTH } from '../stored-type.js';
import { type Attribute, datasetHeader } from './object-header.js';
import type { Out } from './out.js';
import { COLLECTION, REFERENCE, writeStrings } from './strings.js';
import { floatOf, TEXT } from './types.js';

/** Writes the rows of a source as a matrix. @returns the address of its header. */
export async function writeMatrix(
  out: Out,
  { rows, dim, dtype, blocks }: Pick<ExportSource, 'rows' | 'dim' | 'dtype' | 'blocks'>,
  attributes: readonly Attribute[] = [],
): Promise<number> {
  const address = out.position;
  const bytes = rows * dim * WIDTH[dtype];
  await out.stream(bytes, async function* () {
    for await (const block of blocks()) yield block.bytes;
  });
  return writeHeader(out, { type: floatOf(dtype), shape: [rows, dim], address, bytes }, attributes);
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
