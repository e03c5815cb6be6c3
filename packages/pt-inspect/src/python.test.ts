import {
  NumpyScalar,
  PtByteArray,
  PtComplex,
  PtDevice,
  PtDType,
  PtFloat,
  PtFrozenSet,
  tuple,
} from '@holdfast/pt-serializer';
import { expect, test } from 'vitest';
import { repr, typeName } from './python.js';

// What Python 3.11 with numpy 1.24 and PyTorch 1.13 print.
test.each<[string, string, unknown]>([
  ['NoneType', 'None', null],
  ['bool', 'True', true],
  ['int', '1180591620717411303424', 2n ** 70n],
  ['int', String(1n - 10n ** 4300n), 1n - 10n ** 4300n],
  ['int', '(an int of more than 4300 digits)', 10n ** 4300n],
  ['int', '(an int of more than 4300 digits)', -(10n ** 4300n)],
  ['float', '1.0', new PtFloat(1)],
  ['float', '-0.0', new PtFloat(-0)],
  ['float', '1e+16', new PtFloat(1e16)],
  ['float', '1234567890123456.0', new PtFloat(1234567890123456)],
  ['float', '1e-05', new PtFloat(1e-5)],
  ['float', '0.0001', new PtFloat(1e-4)],
  ['float', '1.7976931348623157e+308', new PtFloat(Number.MAX_VALUE)],
  ['float', '-inf', new PtFloat(-Infinity)],
  ['str', `"it's"`, "it's"],
  ['str', `'both \\' and "'`, `both ' and "`],
  ['str', `'\\n\\x00\\u2028é🧬'`, '\n\0\u2028é🧬'],
  ['bytes', `b'\\x00\\x80\\xff a\\\\'`, Uint8Array.of(0, 128, 255, 32, 97, 92)],
  ['bytearray', `bytearray(b'')`, new PtByteArray(0)],
  ['complex', '(1-2.5j)', new PtComplex(1, -2.5)],
  ['complex', '2j', new PtComplex(0, 2)],
  ['tuple', "(1, ('a',), ())", tuple<unknown>(1, tuple('a'), tuple())],
  ['set', '{1, 2}', new Set([1, 2])],
  ['set', 'set()', new Set()],
  ['frozenset', 'frozenset({2})', new PtFrozenSet([2])],
  ['frozenset', 'frozenset()', new PtFrozenSet()],
  ['dtype', 'torch.bfloat16', new PtDType('bfloat16')],
  ['device', "device(type='cuda', index=1)", new PtDevice('cuda', 1)],
  ['float32', '0.1', new NumpyScalar('float32', Math.fround(0.1))],
  ['float32', '16777216.0', new NumpyScalar('float32', 2 ** 24)],
  ['float16', '0.3333', new NumpyScalar('float16', 0.333251953125)],
  ['bool_', 'False', new NumpyScalar('bool', false)],
  ['int64', '-7', new NumpyScalar('int64', -7)],
])('%s: %s', (type, text, value) => {
  expect(typeName(value)).toBe(type);
  expect(repr(value)).toBe(text);
});

test('a tuple that shares its parts exponentially is put into words as far as is sensible', () => {
  let value = tuple<unknown>();
  for (let i = 0; i < 100; i++) value = tuple<unknown>(value, value);
  expect(repr(value).length).toBeLessThan(1e6);
});
