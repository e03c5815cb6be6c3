import { expect, test } from 'vitest';
import { encodePt, type LazyTensor, openPt, PtDType, storage, tensor, writePt } from './index.js';

const bytes = encodePt([1]);
const numbers = new Float32Array(4);
const sink = { write: async () => undefined };
const notNumbersFrom0 = [-1, Number.NaN, '5', null, {}];
const notWhole = [...notNumbersFrom0, 0.5, 2 ** 53];
const notObjects = [null, 5, 'x', [], new Map()];

// biome-ignore lint/suspicious/noExplicitAny: what JavaScript may hand over.
type Any = any;
const open = async (options: Any) => openPt(await bytes, options);
const make = async (options: Any) => tensor('float32', [2], storage(16, numbers), options);
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
])('%s that is one of %o is refused by name', async (option, values, use) => {
  for (const value of values)
    await expect(use(value), String(value)).rejects.toMatchObject({ code: 'invalid_option', option });
});

test('options that are undefined are as good as absent', async () => {
  await open({ checksums: undefined, exact: undefined, limits: { depth: undefined } });
  await encodePt(null, { name: undefined, protocol: undefined, sync: undefined } as Any);
  await make({ stride: undefined, offset: undefined });
});

test('rows are named by whole numbers, also where halves of them add up', async () => {
  const value = (await openPt(await encodePt(tensor('uint8', [3], Uint8Array.of(1, 2, 3)))))
    .value as LazyTensor;
  await expect(value.readRows(0.5, 1.5)).rejects.toThrow(RangeError);
  await expect(value.readRows('0' as Any, 1)).rejects.toThrow(RangeError);
});
