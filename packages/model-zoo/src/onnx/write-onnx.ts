import { join } from 'node:path';
import { writeFileDurably } from '@holdfast/durable';
import { readPieces } from '../weights/read-pieces.js';
import type { Copy, Encoder } from './encoder.js';
import type { Operators } from './graph-options.js';

const GRAPH = 'model.onnx';
const DATA = 'model.onnx_data';

/**
 * Writes the graph of one output as `model.onnx`, with its weights copied to `model.onnx_data` beside it. The graph comes
 * last, so where it is, its weights are complete and durable.
 *
 * @param folder which is there.
 * @param operators see `GraphOptions`.
 * @throws RangeError for an output that is not there; WeightsError if a file of weights ends too early; what the file system throws.
 */
export async function writeOnnx(
  encoder: Encoder,
  output: string,
  folder: string,
  operators: Operators = 'fused',
): Promise<void> {
  const { model, copies } = encoder.buildApart(output, DATA, operators);
  await writeFileDurably(join(folder, DATA), (file) => copyAll(copies, (bytes) => file.write(bytes)));
  await writeFileDurably(join(folder, GRAPH), model);
}

async function copyAll(
  copies: readonly Copy[],
  write: (bytes: Uint8Array) => Promise<unknown>,
): Promise<void> {
  let end = 0;
  for (const { from, to } of copies) {
    await write(new Uint8Array(to - end));
    for await (const piece of readPieces(from)) await write(piece);
    end = to + from.length;
  }
}
