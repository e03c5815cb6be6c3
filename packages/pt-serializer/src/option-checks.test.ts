import { expect, test } from 'vitest';
import { combineCrc32, crc32 } from './io/checksum.js';
import { openPt } from './open.js';
import type { LazyTensor } from './tensors/lazy-tensor.js';
import { storage, tensor } from './tensors/pt-value.js';
import { NumpyScalar, PtComplex, PtDevice, PtDType, PtFloat } from './values.js';
import { encodePt, writePt } from './write.js';

const bytes = encodePt([1]);
const numbers = new Float32Array(4);
const sink = { write: async () => undefined };
const notNumbersFrom0 = [-1, Number.NaN, '5', null, {}];
const notWhole = [...notNumbersFrom0, 0.5, 2 ** 53];
const notObjects = [null, 5, 'x', [], new Map()];

// biome-ignore lint/suspicious/noExplicitAny: JavaScript callers may pass anything.
type Any = any;
const open = async (options: Any) => openPt(await bytes, options);
const make = async (options: Any) => tensor('float32', [2], storage(16, numbers), options);
const lazy = async (dtype: 'float32' | 'complex64' = 'float32') =>
  (await openPt(await encodePt(tensor(dtype, [2], new Uint8Array(dtype === 'float32' ? 8 : 16)))))
    .value as LazyTensor;
const LIMITS = [
  'members',
  'pickleBytes',
  'opcodes',
  'values',
  'memo',
  'keyComparisons',
  'depth',
  'stringBytes',
  'integerBytes',
  'expandedBytes',
];

test.each<[string, readonly Any[], (value: Any) => Promise<unknown>]>([
  ['file', [undefined, null, 5, {}, new Float32Array(1)], (file) => openPt(file)],
  ['', notObjects, open],
  ['checksum', ['never', undefined], (checksum) => open({ checksum })],
  ['checksums', ['alway', true, null, ['always']], (checksums) => open({ checksums })],
  ['exact', [1, 'yes', null], (exact) => open({ exact })],
  ['limits', notObjects, (limits) => open({ limits })],
  ['limits.depths', [5], (depths) => open({ limits: { depths } })],
  ['limits.depth', [5n], (depth) => open({ limits: { depth } })],
  ...LIMITS.map((name): [string, readonly Any[], (value: Any) => Promise<unknown>] => [
    `limits.${name}`,
    notNumbersFrom0,
    (value) => open({ limits: { [name]: value } }),
  ]),
  ['sink', [undefined, null, 'a.pt', {}], (to) => writePt(to, null)],
  ['', notObjects, (options) => writePt(sink, null, options)],
  ['protocols', [4], (protocols) => writePt(sink, null, { protocols } as Any)],
  ['protocol', [3, '2', null, Number.NaN], (protocol) => writePt(sink, null, { protocol })],
  ['sync', [1, 'true'], (sync) => writePt(sink, null, { sync })],
  ['name', [5, null, '', '..', 'a/b'], (name) => writePt(sink, null, { name })],
  ['', notObjects, (options) => encodePt(null, options)],
  ['Name', ['a'], (Name) => encodePt(null, { Name } as Any)],
  ['dtype', ['float33', undefined, 'toString'], async (dtype) => tensor(dtype, [4], numbers)],
  ['shape', [undefined, 4, '4'], async (shape) => tensor('float32', shape, numbers)],
  ['shape[1]', notWhole, async (size) => tensor('float32', [4, size], numbers)],
  ['data', [undefined, [1, 2, 3, 4], '1234'], async (data) => tensor('float32', [4], data)],
  ['', notObjects, make],
  ['strides', [[1]], (strides) => make({ strides })],
  ['requires_grad', [true], (requires_grad) => make({ requires_grad })],
  ['stride', [1, '1'], (stride) => make({ stride })],
  ['stride[0]', notWhole, (stride) => make({ stride: [stride] })],
  ['offset', notWhole, (offset) => make({ offset })],
  ['requiresGrad', [1, 'no'], (requiresGrad) => make({ requiresGrad })],
  ['parameter', [0], (parameter) => make({ parameter })],
  ['size', notWhole, async (size) => storage(size, numbers)],
  ['data', [undefined, {}, [1]], async (data) => storage(16, data)],
  ['name', ['float33', null], async (name) => new PtDType(name)],
  ['data', [new Float32Array(3)], async (data) => tensor('float32', [4], data)],
  [
    'data',
    [storage(8, new Float32Array(2)), storage(6, new Uint8Array(6))],
    async (data) => tensor('float32', [4], data),
  ],
  ['shape', [[2 ** 40, 2 ** 40]], async (shape) => tensor('float32', shape, () => [])],
  ['stride', [[1, 1]], (stride) => make({ stride })],
  ['offset', [1], async (offset) => tensor('float32', [4], numbers, { offset })],
  ['data', [new Float32Array(3)], async (data) => storage(16, data)],
  ['sync', [true], (sync) => writePt(sink, null, { sync })],
  [
    'value',
    [undefined, () => 1, Symbol('x'), new Date(), '\ud800', { a: undefined }],
    (value) => encodePt(value),
  ],
  ['value', [() => [new Uint8Array(3)], () => [5]], (data) => encodePt(tensor('uint8', [4], data))],
  ['sink', [() => undefined, () => 5], (write) => writePt({ write }, null)],
  ['bytes', [undefined, null, 5, 'text', [1]], async (wrong) => crc32(wrong)],
  ['sum', [null, -1, 0.5, Number.NaN, 2 ** 32, '5'], async (sum) => crc32(new Uint8Array(1), sum)],
  ['first', [undefined, -1, Number.NaN, '5'], async (first) => combineCrc32(first, 0, 1)],
  ['last', [undefined, -1, Number.NaN, '5'], async (last) => combineCrc32(0, last, 1)],
  ['length', [undefined, -1, 0.5, Number.NaN, '5'], async (length) => combineCrc32(0, 0, length)],
  ['value', [undefined, '1', 1n], async (value) => new PtFloat(value)],
  ['re', [undefined, '1'], async (re) => new PtComplex(re, 0)],
  ['im', [undefined, '1'], async (im) => new PtComplex(0, im)],
  ['type', [undefined, 5], async (type) => new PtDevice(type, null)],
  ['index', [undefined, '0', 0.5], async (index) => new PtDevice('cuda', index)],
  ['dtype', ['float33', undefined], async (dtype) => new NumpyScalar(dtype, 1)],
  ['index', [undefined, -1, 0.5, 2, '0'], async (index) => (await lazy()).select(index)],
  ['from, to', [-1, 0.5, 3, '0', Number.NaN], async (from) => (await lazy()).readRows(from, 2)],
  ['from, to', [-1, 0.5, 3, '1', null], async (to) => (await lazy()).readFloat32(0, to)],
  ['from, to', ['0', 3], async (from) => (await lazy()).readArray(from)],
  ['dtype', [undefined], async () => (await lazy('complex64')).readFloat32()],
])('%s that is one of %o is refused by name', async (option, values, use) => {
  for (const value of values)
    await expect(use(value), String(value)).rejects.toMatchObject({ code: 'invalid_option', option });
});

test('options that are undefined are as good as absent', async () => {
  await open({ checksums: undefined, exact: undefined, limits: { depth: undefined } });
  await encodePt(null, { name: undefined, protocol: undefined, sync: undefined } as Any);
  await make({ stride: undefined, offset: undefined });
});

test('rows are given by whole numbers, even if fractions add up', async () => {
  const value = (await openPt(await encodePt(tensor('uint8', [3], Uint8Array.of(1, 2, 3)))))
    .value as LazyTensor;
  await expect(value.readRows(0.5, 1.5)).rejects.toThrow(RangeError);
  await expect(value.readRows('0' as Any, 1)).rejects.toThrow(RangeError);
});
