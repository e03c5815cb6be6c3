import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openPt } from '../src/open.js';
import type { PtValue } from '../src/tensors/pt-value.js';
import { encodePt } from '../src/write.js';
import { expected, FIXTURES, type Item } from './expected.js';
import { hasTorch, python } from './torch.js';

/**
 * Prints, for each file, every tensor by its path: dtype, shape, stride, digest of the elements, and flags.
 */
const PROGRAM = `
import hashlib, json, sys, torch
def tell(v, path, out):
    if isinstance(v, torch.Tensor):
        t = v.detach().contiguous()
        raw = bytes(t.clone().storage().untyped()) if t.numel() else b''
        out[path] = [str(v.dtype), list(v.shape), list(v.stride()), hashlib.sha256(raw).hexdigest(), v.requires_grad]
    elif isinstance(v, dict):
        for k, item in v.items(): tell(item, path + '/' + str(k), out)
    elif isinstance(v, (list, tuple)):
        for i, item in enumerate(v): tell(item, path + '/' + str(i), out)
    return out
print(json.dumps([tell(torch.load(p), '', {}) for p in sys.argv[1:]]))`;

/** PyTorch 1.13 has no uint16. */
const NEWER = ['rebuild_v3_uint16.pt'];

test.each([2, 4] as const)(
  'every fixture, read and written again with protocol %i, is to real PyTorch what it was',
  async (protocol) => {
    if (!hasTorch()) return;
    const folder = await mkdtemp(join(tmpdir(), 'pt-'));
    const names = Object.keys(expected).filter(
      (name) => expected[name]!.must === 'load' && !NEWER.includes(name),
    );
    for (const name of names) {
      await using file = await openPt(FIXTURES + name, { exact: true });
      await writeFile(join(folder, name), await encodePt(file.value as PtValue, { protocol }));
    }
    const told = python(PROGRAM, ...names.map((name) => join(folder, name))) as Record<string, unknown[]>[];
    for (const [i, name] of names.entries()) {
      const tensors = expected[name]!.items!.filter(({ kind }) => kind === 'tensor' || kind === 'ndarray');
      expect(Object.keys(told[i]!), name).toEqual(tensors.map(({ path }) => path));
      for (const item of tensors) expect(told[i]![item.path], `${name} ${item.path}`).toEqual(wanted(item));
    }
  },
);

test('values that only newer versions of PyTorch read are written and read back by us', async () => {
  for (const name of NEWER) {
    await using file = await openPt(FIXTURES + name, { exact: true });
    const bytes = await encodePt(file.value as PtValue);
    await using again = await openPt(bytes, { exact: true });
    const [before, after] = [file.tensors(), again.tensors()];
    expect(after.map(({ path }) => path)).toEqual(before.map(({ path }) => path));
    for (const [i, { tensor }] of before.entries()) {
      expect([after[i]!.tensor.dtype, after[i]!.tensor.shape]).toEqual([tensor.dtype, tensor.shape]);
      expect(await after[i]!.tensor.readBytes()).toEqual(await tensor.readBytes());
    }
  }
});

/** A numpy array is written back as a tensor; expected.json has no stride for it. */
function wanted({ dtype, shape, stride, sha256, requires_grad = false }: Item): unknown[] {
  return [`torch.${dtype}`, shape, stride ?? expect.any(Array), sha256, requires_grad];
}
