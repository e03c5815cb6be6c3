import { readFileSync } from 'node:fs';
import { float32Of } from '@holdfast/pt-serializer';
import { storedTensors } from '@holdfast/result';
import type { FormatName } from '@holdfast/run-folder';

/** The tensors of a file of a result by name, each as numbers. */
export async function numbersIn(path: string, format: FormatName): Promise<Record<string, number[]>> {
  const stored = await storedTensors[format](path);
  if (typeof stored === 'string') throw new Error(stored);
  const bytes = readFileSync(path);
  return Object.fromEntries(
    [...stored.tensors].map(([name, { dtype, shape, offset }]) => {
      const count = shape.reduce((product, each) => product * each, 1);
      const width = dtype === 'int64' ? 8 : dtype === 'float32' ? 4 : 2;
      return [name, [...float32Of(dtype, Uint8Array.from(bytes.subarray(offset, offset + count * width)))]];
    }),
  );
}
