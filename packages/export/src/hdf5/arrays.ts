import { inParts } from '../table.js';
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

/** Writes a list of strings that comes in parts; it keeps 16 bytes of each. @returns the address of its header. */
export async function writeTexts(
  out: Out,
  length: number,
  texts: AsyncIterable<readonly string[]>,
  attributes: readonly Attribute[] = [],
): Promise<number> {
  const references = Buffer.alloc(length * REFERENCE);
  let at = 0;
  // Always as many together, however they come: equal lists give equal bytes.
  for await (const part of inParts(texts, COLLECTION)) {
    const own = await writeStrings(out, part);
    own.copy(references, at);
    at += own.length;
  }
  return writeList(out, { type: TEXT, length, data: references }, attributes);
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
