import { createHash } from 'node:crypto';
import type { PtFile } from '@holdfast/pt-serializer';
import { PtFloat } from '@holdfast/pt-serializer';
import { type Item, itemsOf, sha256Of } from './items.js';
import { float, keyText } from './python.js';

/** One line with the fields of `check_pt.py`, from which real PyTorch's listing can be had. */
export async function jsonLine(path: string, file: PtFile): Promise<string> {
  const items: string[] = [];
  for (const item of itemsOf(file.value)) items.push(await jsonItem(item));
  const keys = file.value instanceof Map ? [...file.value.keys()].map(keyText) : null;
  const head = { file: path, ok: true, keys };
  return `${JSON.stringify(head).slice(0, -1)},"items":[${items.join(',')}]}`;
}

/** The line for a file that is not read. */
export function jsonError(path: string, error: Error): string {
  return JSON.stringify({ file: path, ok: false, error: `${error.name}: ${error.message}` });
}

async function jsonItem(item: Item): Promise<string> {
  const { path, kind } = item;
  if ('tensor' in item) {
    const { tensor } = item;
    const { dtype, shape, stride, requiresGrad } = tensor;
    const array = { path, kind, dtype, shape, sha256: await sha256Of(tensor) };
    return JSON.stringify(kind === 'tensor' ? { ...array, stride, requires_grad: requiresGrad } : array);
  }
  if ('strings' in item) {
    return JSON.stringify({
      path,
      kind,
      count: item.strings.length,
      sha256: sha256(item.strings.join('\n')),
    });
  }
  if ('numbers' in item) {
    const { numbers } = item;
    return JSON.stringify({ path, kind, count: numbers.length, sha256_float64: sha256(numbers) });
  }
  return `${JSON.stringify({ path, kind }).slice(0, -1)},"value":${jsonValue(item.value)}}`;
}

/** As Python's `json` writes it: ints of any size, and the words NaN and Infinity, which JSON proper does not know. */
function jsonValue(value: string | number | bigint | boolean | null | PtFloat): string {
  if (value instanceof PtFloat) {
    const words: Readonly<Record<string, string>> = { nan: 'NaN', inf: 'Infinity', '-inf': '-Infinity' };
    const text = float(value.value);
    return words[text] ?? text;
  }
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
}

function sha256(data: string | Float64Array): string {
  return createHash('sha256').update(data).digest('hex');
}
