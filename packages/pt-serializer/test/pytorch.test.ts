import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DTYPES, type DType } from '../src/tensors/dtypes.js';
import { tensor } from '../src/tensors/pt-value.js';
import { encodePt } from '../src/write.js';
import { sha256 } from './digest.js';
import { hasTorch, python } from './torch.js';

/** Prints how the restricted reader reads a file. */
const SCRIPT = `
import hashlib, json, sys, torch
d = torch.load(sys.argv[1], weights_only=True)
def tell(t):
    return [str(t.dtype), list(t.shape), list(t.stride()), hashlib.sha256(bytes(t.contiguous().storage().untyped())).hexdigest()]
print(json.dumps([tell(d['embeddings']), d['sequence_ids'], d['metadata'], [tell(t) for t in d['all']], d['scalar'].item(),
  list(d['empty'].shape), d['twice'][0].data_ptr() == d['twice'][1].data_ptr()]))`;

test('real PyTorch reads what is written, with weights_only=True', async () => {
  if (!hasTorch()) return;
  const path = join(await mkdtemp(join(tmpdir(), 'pt-')), 'checkpoint.pt');
  const data = Float32Array.from({ length: 1000 * 7 }, (_, i) => Math.sin(i));
  const ids = Array.from({ length: 1000 }, (_, i) => `séq_🧬_${i}`);
  const dtypes = (Object.keys(DTYPES) as DType[]).filter((dtype) => DTYPES[dtype].storage !== null);
  const bytesOf = (dtype: DType) => Uint8Array.from({ length: 6 * DTYPES[dtype].bytes }, (_, i) => i % 2);
  const twice = tensor('float32', [2], Float32Array.of(1, 2));
  const metadata = {
    shard: 3,
    word: 300,
    first: 2 ** 40,
    below: -70_000,
    ok: true,
    none: null,
    run: 'x',
    list: [[], {}],
  };
  const value = {
    embeddings: tensor('float32', [1000, 7], data),
    sequence_ids: ids,
    metadata,
    all: dtypes.map((dtype) => tensor(dtype, [3, 1, 2], bytesOf(dtype))),
    scalar: tensor('int64', [], BigInt64Array.of(-5n)),
    empty: tensor('float32', [0, 4], new Float32Array(0)),
    twice: [twice, twice],
  };
  await writeFile(path, await encodePt(value, { name: 'checkpoint' }));
  const told = python(SCRIPT, path);
  expect(told).toEqual([
    ['torch.float32', [1000, 7], [7, 1], sha256(new Uint8Array(data.buffer))],
    ids,
    metadata,
    dtypes.map((dtype) => [`torch.${dtype}`, [3, 1, 2], [2, 2, 1], sha256(bytesOf(dtype))]),
    -5,
    [0, 4],
    true,
  ]);
});
