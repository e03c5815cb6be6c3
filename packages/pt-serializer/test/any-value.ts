import fc from 'fast-check';
import { contiguousStride, DTYPES, type DType, elementCount } from '../src/tensors/dtypes.js';
import { type PtValue, storage, tensor } from '../src/tensors/pt-value.js';
import {
  PtByteArray,
  PtComplex,
  PtDevice,
  PtDType,
  PtFloat,
  PtFrozenSet,
  PtOrderedDict,
  tuple,
} from '../src/values.js';

const dtype = fc.constantFrom(...(Object.keys(DTYPES) as DType[]));
const shape = fc.array(fc.nat(4), { maxLength: 4 });
const flags = fc.record({ requiresGrad: fc.boolean(), parameter: fc.boolean() });

/** Bytes of any values; deterministic for a seed of fast-check. */
const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

const ownTensor = fc.tuple(dtype, shape, flags).chain(([type, sizes, options]) => {
  const length = elementCount(sizes) * DTYPES[type].bytes;
  return bytesOf(length).map((bytes) => tensor(type, sizes, bytes, options));
});

/** Views of one storage, like `t.T` and `t[1:]`. */
const views = fc
  .tuple(dtype, fc.tuple(fc.integer({ min: 1, max: 4 }), fc.nat(4)), flags)
  .chain(([type, sizes, options]) => {
    const length = elementCount(sizes) * DTYPES[type].bytes;
    return bytesOf(length).map((bytes) => {
      const shared = storage(length, bytes);
      const [rows, columns] = sizes;
      const stride = contiguousStride(sizes);
      return tuple<PtValue>(
        tensor(type, sizes, shared, options),
        tensor(type, [columns, rows], shared, { stride: [...stride].reverse() }),
        tensor(type, [rows - 1, columns], shared, { stride, offset: rows > 1 ? columns : 0 }),
        tensor(type, [3, columns], shared, { stride: [0, 1] }),
      );
    });
  });

const text = fc.string({ unit: 'grapheme' });
const integer = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 3000n }),
  fc.bigInt({ min: -(2n ** 3000n), max: -(2n ** 53n) }),
);
const float = fc.double().map((value) => new PtFloat(value));
const key = fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null));

const scalar: fc.Arbitrary<PtValue> = fc.oneof(
  text,
  integer,
  float,
  fc.boolean(),
  fc.constant(null),
  fc.uint8Array().map((bytes) => new Uint8Array(bytes)),
  fc.uint8Array().map((bytes) => new PtByteArray(bytes)),
  fc.tuple(fc.double(), fc.double()).map(([re, im]) => new PtComplex(re, im)),
  dtype.map((name) => new PtDType(name)),
  fc.constantFrom(new PtDevice('cpu', null), new PtDevice('cuda', 3)),
);
/** In Python, True and 1 are the same key. */
const distinct = (name: unknown) => String(typeof name === 'boolean' ? Number(name) : name);
const keys = fc.uniqueArray(key, { maxLength: 5, selector: distinct });

/** Nested values of every writable kind. */
export function anyValue(): fc.Arbitrary<PtValue> {
  return fc.letrec<{ value: PtValue }>((tie) => {
    const entries = fc.uniqueArray(fc.tuple(key, tie('value')), {
      selector: ([name]) => distinct(name),
    });
    return {
      value: fc.oneof(
        { depthSize: 'small' },
        scalar,
        ownTensor,
        views,
        fc.array(tie('value')),
        fc.array(tie('value')).map((items) => tuple(...items)),
        entries.map((pairs) => new Map<unknown, unknown>(pairs)),
        fc.tuple(entries, fc.boolean()).map(([pairs, attributes]) => {
          const made = new PtOrderedDict<unknown>(pairs);
          if (attributes) made.attributes = new Map([['_metadata', 1]]);
          return made;
        }),
        keys.map((items) => new Set(items)),
        keys.map((items) => new PtFrozenSet<unknown>(items)),
        // The same object twice.
        tie('value').map((item) => [item, item]),
      ),
    };
  }).value;
}
