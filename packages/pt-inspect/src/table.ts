import { sanitize } from '@holdfast/options';
import { type LazyTensor, NumpyScalar, PtComplex } from '@holdfast/pt-serializer';
import { doubleOf, type Item, itemsOf } from './items.js';
import { float, repr } from './python.js';

/** Characters of a value that are shown. */
const WIDTH = 80;

/**
 * A file's content, one item a line: path, kind, element type, shape, and bytes, count or value.
 *
 * @param head values shown of each tensor and list.
 */
export async function* tableOf(value: unknown, head: number): AsyncGenerator<string> {
  const header = ['PATH', 'KIND', 'DTYPE', 'SHAPE', 'VALUE'];
  const widths = header.map((name) => name.length);
  // Read twice instead of held: a listing can be too long for memory.
  for (const item of itemsOf(value))
    cells(item)
      .slice(0, -1)
      .forEach((cell, i) => {
        widths[i] = Math.max(widths[i]!, cell.length);
      });
  const row = (cells: readonly string[]) =>
    `${cells
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd()}\n`;
  yield row(header);
  for (const item of itemsOf(value)) {
    yield row(cells(item));
    for (const text of await first(item, head)) yield `  ${text}\n`;
  }
}

function cells(item: Item): string[] {
  const path = short(sanitize(item.path || '/'));
  if ('tensor' in item) {
    const { tensor } = item;
    const { dtype, shape, byteLength, parameter, requiresGrad } = tensor;
    const notes = [
      tensor.contiguous ? '' : `stride [${tensor.stride.join(', ')}]`,
      parameter ? 'parameter' : '',
      requiresGrad ? 'requires grad' : '',
    ];
    const facts = [`${byteLength} bytes`, ...notes.filter(Boolean)].join(', ');
    return [path, item.kind, dtype, `[${shape.join(', ')}]`, facts];
  }
  if ('texts' in item) {
    const { dtype, shape, byteLength } = item.texts;
    return [path, item.kind, dtype, `[${shape.join(', ')}]`, `${byteLength} bytes`];
  }
  if ('strings' in item) return [path, 'strings', '', `[${item.strings.length}]`, ''];
  if ('numbers' in item) return [path, 'numbers', '', `[${item.numbers.length}]`, ''];
  const { value } = item;
  // The name of an unknown class or function.
  if (item.kind === 'object') return [path, item.kind, '', '', `${short(sanitize(String(value)))} (not run)`];
  return [path, item.kind, '', '', short(sanitize(typeof value === 'string' ? value : repr(value)))];
}

async function first(item: Item, count: number): Promise<string[]> {
  if (count === 0) return [];
  if ('strings' in item) return item.strings.slice(0, count).map((text) => short(sanitize(text)));
  if ('texts' in item) {
    const { texts } = item;
    return Array.from({ length: Math.min(count, texts.length) }, (_, i) =>
      short(sanitize(repr(texts.at(i)))),
    );
  }
  if ('numbers' in item)
    return [
      item.numbers
        .slice(0, count)
        .map((x) => float(doubleOf(x)))
        .join(', '),
    ];
  return 'tensor' in item && item.tensor.byteLength > 0
    ? [(await elements(item.tensor, count)).join(', ')]
    : [];
}

/** The first elements of a tensor, row-major. */
async function elements(whole: LazyTensor, count: number): Promise<string[]> {
  const eachOf = ({ shape }: LazyTensor) => shape.slice(1).reduce((product, size) => product * size, 1);
  let tensor = whole;
  while (tensor.shape.length > 1 && eachOf(tensor) >= count) tensor = tensor.select(0);
  const { shape, dtype } = tensor;
  const range = shape.length === 0 ? [] : [0, Math.min(shape[0]!, Math.ceil(count / eachOf(tensor)))];
  const half = dtype === 'float16' || dtype === 'bfloat16';
  const array = half ? await tensor.readFloat32(...range) : await tensor.readArray(...range);
  // Complex numbers lie as pairs.
  const parts = dtype.startsWith('complex') ? 2 : 1;
  return Array.from({ length: Math.min(count, array.length / parts) }, (_, i) => {
    const value = array[i * parts]!;
    if (typeof value === 'bigint') return String(value);
    if (parts === 2) return repr(new NumpyScalar(dtype, new PtComplex(value, Number(array[i * parts + 1]))));
    return repr(new NumpyScalar(dtype, dtype === 'bool' ? value !== 0 : value));
  });
}

function short(text: string): string {
  return text.length > WIDTH ? `${text.slice(0, WIDTH - 1)}…` : text;
}
