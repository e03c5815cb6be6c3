import type { Sink } from '@holdfast/pt-serializer';
import type { Numbers, ValueFormat, WriteFormat } from './format.js';

/** NumPy has no bfloat16. */
const TYPES = { float32: '<f4', float16: '<f2', int64: '<i8' } as const;

/** Whether the format can hold numbers of this type. */
export const npyHolds = (dtype: string): dtype is keyof typeof TYPES => Object.hasOwn(TYPES, dtype);

/**
 * NumPy's .npy, version 1.0, C order, little-endian; the header ends on a multiple of 64 bytes.
 * Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export async function writeArray(sink: Sink, { dtype, shape, chunks }: Numbers): Promise<void> {
  if (!npyHolds(dtype)) throw new RangeError(`NumPy has no ${dtype}`);
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dict = `{'descr': '${TYPES[dtype]}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const total = Math.ceil((10 + dict.length + 1) / 64) * 64;
  const header = Buffer.alloc(total, ' ');
  header.write('\x93NUMPY\x01\x00', 0, 'latin1');
  header.writeUInt16LE(total - 10, 8);
  header.write(dict, 10, 'latin1');
  header.write('\n', total - 1);
  await sink.write(header);
  for await (const chunk of chunks()) await sink.write(chunk);
}

export const writeNpy: WriteFormat = (sink, { shape, dtype = 'float32', chunks }) =>
  writeArray(sink, { dtype, shape, chunks });

/** Two files, since a `.npy` holds one array. */
export const npyValues: ValueFormat = (name) => [
  { file: `${name}.npy`, write: (sink, { values }) => writeArray(sink, values) },
  { file: `${name}.offsets.npy`, write: (sink, { offsets }) => writeArray(sink, offsets) },
];
