import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileDurably } from '@holdfast/durable';
import { WeightsError } from '../weights/weights-error.js';
import type { Copy, Encoder } from './encoder.js';

const GRAPH = 'model.onnx';
const DATA = 'model.onnx_data';
/** Bytes that are copied at a time: all weights would fill the memory. */
const PART = 16 * 1024 * 1024;

/**
 * Writes the graph of one output as `model.onnx`, with its weights copied to `model.onnx_data` beside it. The graph comes
 * last, so where it is, its weights are complete and durable.
 *
 * @param folder which is there.
 * @throws RangeError for an output that is not there; WeightsError if a file of weights ends too early; what the file system throws.
 */
export async function writeOnnx(encoder: Encoder, output: string, folder: string): Promise<void> {
  const { model, copies } = encoder.buildApart(output, DATA);
  await writeFileDurably(join(folder, DATA), (file) => copyAll(copies, (bytes) => file.write(bytes)));
  await writeFileDurably(join(folder, GRAPH), model);
}

async function copyAll(
  copies: readonly Copy[],
  write: (bytes: Uint8Array) => Promise<unknown>,
): Promise<void> {
  const files = new Map<string, FileHandle>();
  const part = Buffer.alloc(PART);
  let end = 0;
  try {
    for (const { from, to } of copies) {
      if (!files.has(from.file)) files.set(from.file, await open(from.file));
      await write(new Uint8Array(to - end));
      for (let done = 0; done < from.length; ) {
        const length = Math.min(PART, from.length - done);
        const { bytesRead } = await files.get(from.file)!.read(part, 0, length, from.offset + done);
        if (bytesRead === 0) throw new WeightsError('weights_format', from.file, 'ends within a tensor');
        await write(part.subarray(0, bytesRead));
        done += bytesRead;
      }
      end = to + from.length;
    }
  } finally {
    for (const file of files.values()) await file.close();
  }
}
