import { type LazyTensor, PtFloat } from '@holdfast/pt-serializer';
import { plain } from '../plain.js';
import { type Item, itemsOf } from './items.js';
import { float, repr } from './python.js';

/** Characters of a value that are shown. */
const WIDTH = 80;

/**
 * What a file holds, a line an item: path, kind, element type, shape, and bytes, count or value.
 *
 * @param head values shown of each tensor and list.
 */
export async function tableOf(value: unknown, head: number): Promise<string[]> {
  const lines: { cells: string[]; values: string[] }[] = [];
  for (const item of itemsOf(value)) lines.push({ cells: cells(item), values: await first(item, head) });
  const header = ['PATH', 'KIND', 'DTYPE', 'SHAPE', 'VALUE'];
  const widths = header.map((name) => name.length);
  for (const { cells } of lines) {
    cells.slice(0, -1).forEach((cell, i) => {
      widths[i] = Math.max(widths[i]!, cell.length);
    });
  }
  const row = (cells: readonly string[]) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd();
  return [
    row(header),
    ...lines.flatMap(({ cells, values }) => [row(cells), ...values.map((text) => `  ${text}`)]),
  ];
}

function cells(item: Item): string[] {
  const path = short(plain(item.path || '/'));
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
  if ('strings' in item) return [path, 'strings', '', `[${item.strings.length}]`, ''];
  if ('numbers' in item) return [path, 'numbers', '', `[${item.numbers.length}]`, ''];
  const { value } = item;
  return [path, item.kind, '', '', short(plain(typeof value === 'string' ? value : repr(value)))];
}

async function first(item: Item, count: number): Promise<string[]> {
  if (count === 0) return [];
  if ('strings' in item) return item.strings.slice(0, count).map((text) => short(plain(text)));
  if ('numbers' in item) return [Array.from(item.numbers.subarray(0, count), (x) => float(x)).join(', ')];
  return 'tensor' in item && item.tensor.byteLength > 0
    ? [(await elements(item.tensor, count)).join(', ')]
    : [];
}

/** The first elements of a tensor, row-major. */
async function elements(tensor: LazyTensor, count: number): Promise<string[]> {
  const { shape, dtype } = tensor;
  const [rows = 1] = shape;
  const each = shape.slice(1).reduce((product, size) => product * size, 1);
  const range = shape.length === 0 ? [] : [0, Math.min(rows, Math.ceil(count / each))];
  if (dtype === 'float16' || dtype === 'bfloat16')
    return Array.from((await tensor.readFloat32(...range)).subarray(0, count), (x) => float(x));
  const array = await tensor.readArray(...range);
  if (dtype.startsWith('complex')) {
    const pairs = Array.from(array.subarray(0, 2 * count), Number);
    return pairs.flatMap((re, i) =>
      i % 2 === 0 ? [`${re}${pairs[i + 1]! < 0 ? '' : '+'}${pairs[i + 1]}j`] : [],
    );
  }
  const say = (value: number | bigint) =>
    dtype === 'bool'
      ? repr(value !== 0)
      : dtype.startsWith('float')
        ? repr(new PtFloat(Number(value)))
        : String(value);
  return Array.from(array.subarray(0, count) as Iterable<number | bigint>, say);
}

function short(text: string): string {
  return text.length > WIDTH ? `${text.slice(0, WIDTH - 1)}…` : text;
}
