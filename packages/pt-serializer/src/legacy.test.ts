import { expect, test } from 'vitest';
import { text } from '../test/archive.js';
import { openPt } from './open.js';
import type { LazyTensor } from './tensors/lazy-tensor.js';

const MAGIC = '\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.';
const VERSION = '\x80\x02M\xe9\x03.';
const SYSTEM = '\x80\x02}.';

/** A tensor of two elements at the beginning of elements 1 and 2 of a storage of four. */
const viewed = `ctorch._utils\n_rebuild_tensor_v2\n((${text('storage')}ctorch\nFloatStorage\n${text('0')}${text('cpu')}K\x04(${text('view')}K\x01K\x02ttQK\0(K\x02t(K\x01t\x89}tR`;

test('a tensor over a part of a storage is read from its place, in the container before PyTorch 1.6', async () => {
  const pickles = `${MAGIC}${VERSION}${SYSTEM}\x80\x02${viewed}.\x80\x02]${text('0')}a.\x04\0\0\0\0\0\0\0`;
  const elements = Buffer.from(Float32Array.of(1, 2, 3, 4).buffer);
  const bytes = Buffer.concat([Buffer.from(pickles, 'latin1'), elements]);
  const part = (await openPt(bytes)).value as LazyTensor;
  expect([...(await part.readArray())]).toEqual([2, 3]);
  const { offset, length } = part.fileRange!;
  expect(bytes.subarray(offset, offset + length).equals(elements.subarray(4, 12))).toBe(true);
});
