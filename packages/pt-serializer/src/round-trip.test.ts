import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { DTYPES, type DType, elementCount } from './dtypes.js';
import { encodePt, LazyTensor, openPt, PtTensor, type PtValue, tensor } from './index.js';

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

test('rows are read by position', async () => {
  const path = join(folder, 'rows.pt');
  const data = Float32Array.from({ length: 300 }, (_, i) => i);
  await writeFile(path, await encodePt({ embeddings: tensor('float32', [100, 3], data) }));
  await using file = await openPt(path);
  const embeddings = (file.value as Map<string, LazyTensor>).get('embeddings')!;
  const rows = await embeddings.readRows(40, 43);
  expect(new Float32Array(rows.buffer, rows.byteOffset, 9)).toEqual(data.slice(120, 129));
  // A Buffer's slice() would share memory, against what its type promises.
  rows.slice().fill(0);
  expect(rows[3]).not.toBe(0);
  await expect(embeddings.readRows(99, 101)).rejects.toThrow(RangeError);
});
