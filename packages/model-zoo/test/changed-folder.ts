import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWeights } from '../src/weights/open-weights.js';
import { readTensor } from '../src/weights/safetensors.js';
import { fixture } from './run-graph.js';

/** A tensor of a safetensors file that is about to be written. */
export interface Written {
  dtype: string;
  shape: readonly number[];
  bytes: Uint8Array;
}
export type Tensors = Map<string, Written>;

const DTYPES: Readonly<Record<string, string>> = {
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  int64: 'I64',
  int32: 'I32',
};

/** Writes a safetensors file. */
export function writeSafetensors(path: string, tensors: Tensors): void {
  let at = 0;
  const header: Record<string, unknown> = {};
  for (const [name, { dtype, shape, bytes }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [at, at + bytes.byteLength] };
    at += bytes.byteLength;
  }
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  writeFileSync(path, Buffer.concat([size, text, ...[...tensors.values()].map(({ bytes }) => bytes)]));
}

/**
 * A copy of a fixture's folder with its weights in one `model.safetensors`.
 *
 * @param change gets the tensors before they are written. @param config changes of `config.json`; undefined removes a key.
 * @returns the folder.
 */
export async function changedFolder(
  name: string,
  change: (tensors: Tensors) => void,
  config: Record<string, unknown> = {},
): Promise<string> {
  const { tensors } = await openWeights(fixture(name));
  const folder = join(mkdtempSync(join(tmpdir(), 'changed-')), name);
  cpSync(fixture(name), folder, { recursive: true });
  const written: Tensors = new Map(
    [...tensors].map(([tensor, stored]) => [
      tensor,
      { dtype: DTYPES[stored.type]!, shape: stored.shape, bytes: readTensor(stored) },
    ]),
  );
  change(written);
  for (const old of ['pytorch_model.bin', 'model.safetensors'])
    if (existsSync(join(folder, old))) rmSync(join(folder, old));
  writeSafetensors(join(folder, 'model.safetensors'), written);
  const path = join(folder, 'config.json');
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...config }));
  return folder;
}
