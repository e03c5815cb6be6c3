import type { LazyTensor } from '@holdfast/pt-serializer';
import { expect, test } from 'vitest';
import { Digests } from './digests.js';

/** A tensor of 256 MiB, as far as a digest asks. */
const large = () =>
  ({
    byteLength: 2 ** 28,
    storageByteLength: 2 ** 28,
    shape: [],
    stride: [],
    readBytes: async () => new Uint8Array(1),
  }) as unknown as LazyTensor;

test('a small file has no more than 1 GiB and eight times its bytes hashed, and each tensor once', async () => {
  const digests = new Digests(2 ** 25);
  const first = large();
  for (const tensor of [first, large(), large(), first, large(), large(), first])
    expect(await digests.ofTensor(tensor)).toMatch(/^[0-9a-f]{64}$/);
  await expect(digests.ofTensor(large())).rejects.toMatchObject({ code: 'limit' });
});
