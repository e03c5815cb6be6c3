import type { WriteFormat } from './format.js';

/**
 * NumPy's .npy, version 1.0, C order, little-endian float32; the header ends on a multiple of 64 bytes.
 * Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export const writeNpy: WriteFormat = async (sink, { shape, chunks }) => {
  const dict = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape[0]}, ${shape[1]}), }`;
  const total = Math.ceil((10 + dict.length + 1) / 64) * 64;
  const header = Buffer.alloc(total, ' ');
  header.write('\x93NUMPY\x01\x00', 0, 'latin1');
  header.writeUInt16LE(total - 10, 8);
  header.write(dict, 10, 'latin1');
  header.write('\n', total - 1);
  await sink.write(header);
  for await (const chunk of chunks()) await sink.write(chunk);
};
