import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FormatName, formats, type Result } from '../src/formats/formats.js';

const PYTHON = '/usr/bin/python3';

async function written(format: FormatName, result: Partial<Result> & Pick<Result, 'shape'>): Promise<Buffer> {
  const [rows, dim] = result.shape;
  const parts: Buffer[] = [];
  const data = new Uint8Array(Float32Array.from({ length: rows * dim }, (_, i) => i / 7).buffer);
  const whole: Result = {
    columns: null,
    facts: { model: 'm' },
    ids: async () => Array.from({ length: rows }, (_, i) => `séq${i}`),
    async *chunks() {
      yield data.subarray(0, data.length >> 1);
      yield data.subarray(data.length >> 1);
    },
    ...result,
  };
  await formats[format]({ write: async (bytes) => void parts.push(Buffer.from(bytes)) }, whole);
  return Buffer.concat(parts);
}

const shapes = fc.tuple(fc.nat(50), fc.nat(9));

test('safetensors: any reader finds the tensor, its names and its bytes, 8-byte aligned', async () => {
  const columns = fc.option(fc.array(fc.string({ unit: 'grapheme', minLength: 1 })));
  await fc.assert(
    fc.asyncProperty(shapes, columns, async (shape, columns) => {
      const bytes = await written('safetensors', { shape, columns });
      const length = Number(bytes.readBigUInt64LE());
      expect(length % 8).toBe(0);
      const header = JSON.parse(bytes.toString('utf8', 8, 8 + length));
      const size = shape[0] * shape[1] * 4;
      expect(header.embeddings).toEqual({ dtype: 'F32', shape: [...shape], data_offsets: [0, size] });
      expect(header.__metadata__).toEqual({ model: 'm', ...(columns ? { columns: columns.join(',') } : {}) });
      expect(bytes.length).toBe(8 + length + size);
      for (let i = 0; i < shape[0] * shape[1]; i++) {
        expect(bytes.readFloatLE(8 + length + i * 4)).toBe(Math.fround(i / 7));
      }
    }),
  );
});

test.each(['safetensors', 'npy', 'pt'] as const)('%s: equal results give equal bytes', async (format) => {
  const result = { shape: [5, 3] as const, columns: ['a', 'b', 'c'] };
  const once = await written(format, result);
  expect((await written(format, result)).equals(once)).toBe(true);
  const data = new Uint8Array(Float32Array.from({ length: 15 }, (_, i) => i / 7).buffer);
  async function* chunks() {
    for (let at = 0; at < data.length; at += 7) yield data.subarray(at, at + 7);
  }
  // However the rows are chunked.
  expect((await written(format, { ...result, chunks })).equals(once)).toBe(true);
});

test('npy: the header ends on a multiple of 64 bytes, and the rows follow', async () => {
  await fc.assert(
    fc.asyncProperty(shapes, async (shape) => {
      const bytes = await written('npy', { shape });
      expect(bytes.toString('latin1', 0, 8)).toBe('\x93NUMPY\x01\x00');
      const end = 10 + bytes.readUInt16LE(8);
      expect([end % 64, bytes[end - 1]]).toEqual([0, 0x0a]);
      expect(bytes.toString('latin1', 10, end)).toContain(`'shape': (${shape[0]}, ${shape[1]})`);
      expect(bytes.length - end).toBe(shape[0] * shape[1] * 4);
      for (let i = 0; i < shape[0] * shape[1]; i++) {
        expect(bytes.readFloatLE(end + i * 4)).toBe(Math.fround(i / 7));
      }
    }),
  );
});

const READ_PT = `f = torch.load(sys.argv[1], weights_only=True)
d = f["embeddings"].numpy()
assert sorted(f) == ["embeddings", "metadata", "sequence_ids"], f.keys()
assert f["sequence_ids"] == [f"séq{i}" for i in range(len(d))], f["sequence_ids"]
assert f["metadata"] == {"model": "m", "columns": ["β,", "🧬", "c"]}, f["metadata"]`;

test.each([
  ['npy', 'numpy', [5, 3], 'd = numpy.load(sys.argv[1])'],
  ['npy', 'numpy', [0, 3], 'd = numpy.load(sys.argv[1])'],
  ['npy', 'numpy', [100_000, 1], 'd = numpy.load(sys.argv[1])'],
  ['pt', 'torch', [5, 3], READ_PT],
  ['pt', 'torch', [0, 3], READ_PT],
] as const)('%s: read by %s, of shape %j', async (format, module, shape, read) => {
  if (spawnSync(PYTHON, ['-c', `import ${module}`]).status !== 0) {
    console.warn(`LEFT OUT: ${module} is not on this machine (Debian: python3-${module})`);
    return;
  }
  const path = join(await mkdtemp(join(tmpdir(), 'output-')), `embeddings.${format}`);
  await writeFile(path, await written(format, { shape, columns: ['β,', '🧬', 'c'] }));
  const script = `import json, sys, ${module}\n${read}\nprint(json.dumps([str(d.dtype), d.shape, d.ravel().tolist()]))`;
  const listed = JSON.parse(
    execFileSync(PYTHON, ['-c', script, path], { encoding: 'utf8', maxBuffer: 1 << 26 }),
  );
  const numbers = Array.from({ length: shape[0] * shape[1] }, (_, i) => Math.fround(i / 7));
  expect(listed).toEqual(['float32', [...shape], numbers]);
});
