import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { DTYPES, type DType, elementCount } from './dtypes.js';
import { encodePt, LazyTensor, openPt, PtTensor, type PtValue, tensor, writePt } from './index.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pt-'));
});

const anyTensor = fc
  .tuple(
    fc.constantFrom(...(Object.keys(DTYPES) as DType[])),
    fc.array(fc.nat(4), { maxLength: 3 }),
    fc.infiniteStream(fc.nat(255)),
  )
  .map(([dtype, shape, bytes]) => {
    const length = elementCount(shape) * DTYPES[dtype].bytes;
    return tensor(
      dtype,
      shape,
      Uint8Array.from({ length }, () => bytes.next().value as number),
    );
  });
const scalar = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.bigInt({ min: -(2n ** 100n), max: 2n ** 100n }),
  fc.boolean(),
  fc.constant(null),
);
const { value: anyValue } = fc.letrec<{ value: PtValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    scalar,
    anyTensor,
    fc.array(tie('value')),
    fc
      .uniqueArray(fc.tuple(fc.string(), tie('value')), { selector: ([key]) => key })
      .map((entries) => new Map(entries)),
  ),
}));

/** A written value in the form in which it is read back: tensors with their bytes, bigints where needed. */
async function normal(value: unknown): Promise<unknown> {
  if (value instanceof PtTensor) {
    const { buffer, byteOffset, byteLength } = value.data as Uint8Array;
    return {
      dtype: value.dtype,
      shape: [...value.shape],
      bytes: Buffer.from(buffer, byteOffset, byteLength).toString('hex'),
    };
  }
  if (value instanceof LazyTensor) {
    const bytes = Buffer.from(await value.readBytes()).toString('hex');
    return { dtype: value.dtype, shape: [...value.shape], bytes };
  }
  if (Array.isArray(value)) return Promise.all(value.map(normal));
  if (value instanceof Map) {
    return new Map(
      await Promise.all([...value].map(async ([key, item]) => [key, await normal(item)] as const)),
    );
  }
  if (typeof value === 'bigint' && BigInt.asIntN(54, value) === value && Number.isSafeInteger(Number(value)))
    return Number(value);
  // Whole floats beyond 2^53 are written as ints.
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value))
    return BigInt(value);
  return value;
}

test('what is written is read back, and equal values give equal bytes', async () => {
  const path = join(folder, 'value.pt');
  await fc.assert(
    fc.asyncProperty(anyValue, async (value) => {
      const bytes = await encodePt(value);
      expect(Buffer.compare(bytes, await encodePt(value))).toBe(0);
      await writeFile(path, bytes);
      await using file = await openPt(path);
      await file.verify();
      expect(await normal(file.value)).toEqual(await normal(value));
    }),
    { numRuns: 1000 },
  );
});

test('every storage begins at a multiple of 64 bytes', async () => {
  const marker = Buffer.from('0123456789abcdef0123456789abcdef');
  const bytes = Buffer.from(
    await encodePt([tensor('uint8', [3], new Uint8Array(3)), tensor('uint8', [32], marker), 'x'.repeat(99)]),
  );
  expect(bytes.indexOf(marker) % 64).toBe(0);
});

test('rows are read by position', async () => {
  const path = join(folder, 'rows.pt');
  const data = Float32Array.from({ length: 300 }, (_, i) => i);
  await writeFile(path, await encodePt({ embeddings: tensor('float32', [100, 3], data) }));
  await using file = await openPt(path);
  const embeddings = (file.value as Map<string, LazyTensor>).get('embeddings')!;
  const rows = await embeddings.readRows(40, 43);
  expect(new Float32Array(rows.buffer, rows.byteOffset, 9)).toEqual(data.slice(120, 129));
  await expect(embeddings.readRows(99, 101)).rejects.toThrow(RangeError);
});

test('a tensor given in pieces is the same file as one given whole, and a wrong length is refused', async () => {
  const data = new Uint8Array(100_000).map((_, i) => i);
  const whole = await encodePt(tensor('uint8', [100_000], data));
  async function* pieces() {
    for (let at = 0; at < data.length; at += 7777) yield data.subarray(at, at + 7777);
  }
  expect(Buffer.compare(await encodePt(tensor('uint8', [100_000], pieces)), whole)).toBe(0);
  await expect(encodePt(tensor('uint8', [100_001], pieces))).rejects.toThrow('100001 bytes were announced');
  expect(() => tensor('float32', [2, 2], new Float32Array(3))).toThrow('16 bytes, not 12');
});

test('the sink is never handed a second copy of a tensor', async () => {
  const data = new Float32Array(1 << 18);
  const handed: ArrayBufferLike[] = [];
  await writePt(
    { write: async (bytes) => void handed.push(bytes.buffer) },
    tensor('float32', [1 << 18], data),
  );
  expect(handed).toContain(data.buffer);
});

const torch = (() => {
  try {
    execFileSync('/usr/bin/python3', ['-c', 'import torch'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

test('real PyTorch reads what is written, with weights_only=True', async () => {
  if (!torch) {
    console.warn('LEFT OUT: real PyTorch is not on this machine (Debian: python3-torch)');
    return;
  }
  const path = join(folder, 'checkpoint.pt');
  const data = Float32Array.from({ length: 1000 * 7 }, (_, i) => Math.sin(i));
  const ids = Array.from({ length: 1000 }, (_, i) => `séq_${i}`);
  const all = (Object.keys(DTYPES) as DType[]).filter((dtype) => DTYPES[dtype].storage !== null);
  const value = {
    embeddings: tensor('float32', [1000, 7], data),
    sequence_ids: ids,
    metadata: { shard: 3, first: 2 ** 40, below: -70_000, ok: true, none: null, run: 'x' },
    all: all.map((dtype) => tensor(dtype, [2, 0], new Uint8Array(0))),
    scalar: tensor('int64', [], BigInt64Array.of(-5n)),
  };
  await writeFile(path, await encodePt(value, { name: 'checkpoint' }));
  const script = `
import hashlib, json, sys, torch
d = torch.load(sys.argv[1], weights_only=True)
print(json.dumps([hashlib.sha256(d['embeddings'].numpy().tobytes()).hexdigest(), list(d['embeddings'].shape), d['sequence_ids'],
  d['metadata'], [str(t.dtype) for t in d['all']], d['scalar'].item()]))`;
  const out = JSON.parse(execFileSync('/usr/bin/python3', ['-c', script, path], { encoding: 'utf8' }));
  const digest = createHash('sha256')
    .update(await readFile(path).then(() => Buffer.from(data.buffer)))
    .digest('hex');
  expect(out).toEqual([digest, [1000, 7], ids, value.metadata, all.map((dtype) => `torch.${dtype}`), -5]);
});
