import type { WriteFormat } from './format.js';

/**
 * safetensors: u64 length of the header, the header as JSON padded with spaces to 8 bytes, the tensor's bytes.
 * Format: https://github.com/huggingface/safetensors#format
 */
export const writeSafetensors: WriteFormat = async (sink, { shape, columns, facts, chunks }) => {
  const bytes = shape[0] * shape[1] * Float32Array.BYTES_PER_ELEMENT;
  const json = JSON.stringify({
    __metadata__: { ...facts, ...(columns ? { columns: columns.join(',') } : {}) },
    embeddings: { dtype: 'F32', shape, data_offsets: [0, bytes] },
  });
  const length = Math.ceil(Buffer.byteLength(json) / 8) * 8;
  const header = Buffer.alloc(8 + length, ' ');
  header.writeBigUInt64LE(BigInt(length));
  header.write(json, 8);
  await sink.write(header);
  for await (const chunk of chunks()) await sink.write(chunk);
};
