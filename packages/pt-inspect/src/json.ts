import { type PtFile, PtFloat, PtFormatError } from '@holdfast/pt-serializer';
import { Digests } from './digests.js';
import { type Item, itemsOf } from './items.js';
import { float, keyText } from './python.js';

/**
 * One line with the fields of `check_pt.py`, from which real PyTorch's listing can be had, piece by piece. Whether all
 * succeeded is at its end: a listing can be too long for memory.
 *
 * @param fileBytes of the file.
 * @returns whether it did.
 */
export async function* jsonLine(
  path: string,
  file: PtFile,
  fileBytes: number,
): AsyncGenerator<string, boolean> {
  // Digests are taken of what is referred to; this compares the checksums of all there is.
  await file.verify();
  // Once to the end first: an endless one is refused before anything is written.
  for (const _ of itemsOf(file.value));
  yield `{"file":${JSON.stringify(path)},"items":`;
  try {
    const digests = new Digests(fileBytes);
    yield* jsonList(itemsOf(file.value), (item) => jsonItem(item, digests));
  } catch (error) {
    const placed = error instanceof PtFormatError ? error.at({ path }) : (error as Error);
    yield `],"ok":false,"error":${JSON.stringify(`${placed.name}: ${placed.message}`)}}\n`;
    return false;
  }
  yield ',"keys":';
  if (file.value instanceof Map) yield* jsonList(file.value.keys(), (key) => JSON.stringify(keyText(key)));
  else yield 'null';
  // Absent in a file of plain data, as in the listing of `check_pt.py`.
  if (file.unknownNames.length > 0) yield `,"unknown_names":${JSON.stringify(file.unknownNames)}`;
  yield ',"ok":true}\n';
  return true;
}

/** One item at a time, as many may share a long text. */
async function* jsonList<T>(
  items: Iterable<T>,
  say: (item: T) => string | Promise<string>,
): AsyncGenerator<string, void> {
  yield '[';
  let comma = '';
  for (const item of items) {
    yield `${comma}${await say(item)}`;
    comma = ',';
  }
  yield ']';
}

/** The line for a file that is not read. */
export function jsonError(path: string, error: Error): string {
  return `${JSON.stringify({ file: path, ok: false, error: `${error.name}: ${error.message}` })}\n`;
}

async function jsonItem(item: Item, digests: Digests): Promise<string> {
  const { path, kind } = item;
  if ('tensor' in item) {
    const { tensor } = item;
    const { dtype, shape, stride, requiresGrad } = tensor;
    const array = { path, kind, dtype, shape, sha256: await digests.ofTensor(tensor) };
    return JSON.stringify(kind === 'tensor' ? { ...array, stride, requires_grad: requiresGrad } : array);
  }
  if ('texts' in item) {
    const { dtype, shape } = item.texts;
    return JSON.stringify({ path, kind, dtype, shape, sha256: digests.ofTexts(item.texts) });
  }
  if ('strings' in item) {
    const { strings } = item;
    return JSON.stringify({ path, kind, count: strings.length, sha256: digests.ofStrings(strings) });
  }
  if ('numbers' in item) {
    const { numbers } = item;
    return JSON.stringify({ path, kind, count: numbers.length, sha256_float64: digests.ofNumbers(numbers) });
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
