import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openSafetensors } from './safetensors.js';
import { WeightsError } from './weights-error.js';

const folder = mkdtempSync(join(tmpdir(), 'safetensors-'));
let count = 0;

/** A file of a header, an object or its text, and as many bytes of data. */
function file(header: unknown, data = 0): string {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return raw(Buffer.concat([length, text, Buffer.alloc(data)]));
}

function raw(bytes: Buffer): string {
  const path = join(folder, `${count++}.safetensors`);
  writeFileSync(path, bytes);
  return path;
}

const f32 = (shape: number[], ...data_offsets: number[]) => ({ dtype: 'F32', shape, data_offsets });
const lengthOnly = (length: bigint) => {
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64LE(length);
  return bytes;
};

test.each<[string, () => string, RegExp]>([
  ['an empty file', () => raw(Buffer.alloc(0)), /is 0 bytes long/],
  [
    'a header longer than the file',
    () => raw(lengthOnly(100n)),
    /would end at byte 108, but the file has 16/,
  ],
  ['a header longer than any', () => raw(lengthOnly(2n ** 63n)), /would be 9223372036854775808 bytes long/],
  ['a header that is no JSON', () => file('{"a":'), /is not valid JSON/],
  [
    'a header that is no UTF-8',
    () => raw(Buffer.from([2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff])),
    /is not valid JSON/,
  ],
  ['a header that is a list', () => file('[]'), /does not begin with '\{'/],
  ['blanks before the header', () => file(' {}'), /does not begin with '\{'/],
  [
    'a key twice',
    () =>
      file(
        '{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}',
        4,
      ),
    /has the key "a" twice/,
  ],
  [
    'a key twice, once escaped',
    () => file('{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"\\u0061":{}}', 4),
    /has the key "a" twice/,
  ],
  [
    'a key twice in the description of a tensor',
    () => file('{"a":{"dtype":"F32","shape":[2],"shape":[],"data_offsets":[0,4]}}', 4),
    /has the key "shape" twice/,
  ],
  [
    'a shape that is nested more deeply than the stack is',
    () => file(`{"a":{"dtype":"F32","shape":${'['.repeat(1e5)}${']'.repeat(1e5)},"data_offsets":[0,4]}}`, 4),
    /'a' has the shape a deeply nested value/,
  ],
  [
    'tensors that overlap',
    () => file({ a: f32([2], 0, 8), b: f32([2], 4, 12) }, 12),
    /'b' begins at byte 4 of the data, where 8 comes next/,
  ],
  [
    'a hole',
    () => file({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12),
    /'b' begins at byte 8 of the data, where 4 comes next/,
  ],
  ['data that no tensor has', () => file({ a: f32([1], 0, 4) }, 8), /take 4 bytes of data, but it has 8/],
  ['data that is missing', () => file({ a: f32([2], 0, 8) }, 4), /take 8 bytes of data, but it has 4/],
  [
    'a shape that needs other bytes',
    () => file({ a: f32([3], 0, 8) }, 8),
    /'a' takes 8 bytes, but its shape \[3\] of F32 needs 12/,
  ],
  ['a shape beyond all numbers', () => file({ a: f32([2 ** 40, 2 ** 40], 0, 8) }, 8), /'a' takes 8 bytes/],
  ['a negative length', () => file({ a: f32([-1], 0, 4) }, 4), /'a' has the shape \[-1\]/],
  ['a length that is no whole number', () => file({ a: f32([1.5], 0, 6) }, 6), /'a' has the shape \[1.5\]/],
  ['an end before the begin', () => file({ a: f32([1], 4, 0) }, 4), /'a' has the data_offsets \[4,0\]/],
  [
    'an unknown type',
    () => file({ a: { ...f32([1], 0, 4), dtype: 'F31' } }, 4),
    /'a' has the unknown dtype "F31"/,
  ],
  ['an entry that is no object', () => file({ a: 1 }), /'a' is not described by an object/],
  [
    'metadata that is no text',
    () => file({ __metadata__: { format: 1 } }),
    /__metadata__ is not a map of texts/,
  ],
])('%s is refused', (_, make, message) => {
  expect(() => openSafetensors(make())).toThrow(WeightsError);
  expect(() => openSafetensors(make())).toThrow(message);
});

test('names may be anything, a tensor may be empty, and types that no graph takes are told apart', () => {
  const path = file(
    {
      __metadata__: { format: 'pt' },
      'ü "quoted" {name}': f32([2, 1], 0, 8),
      __proto__x: f32([0], 8, 8),
      flags: { dtype: 'BOOL', shape: [3], data_offsets: [8, 11] },
    },
    11,
  );
  const { tensors, others, metadata } = openSafetensors(path);
  expect(metadata).toEqual({ format: 'pt' });
  expect([...others]).toEqual([['flags', 'BOOL']]);
  expect([...tensors.keys()].sort()).toEqual(['__proto__x', 'ü "quoted" {name}'].sort());
  expect(tensors.get('ü "quoted" {name}')).toMatchObject({
    type: 'float32',
    shape: [2, 1],
    length: 8,
    file: path,
  });
});

test('whatever tensors are laid out one after another, each is found where it was put', () => {
  const entry = fc.tuple(
    fc.constantFrom('F32', 'F16', 'BF16', 'I64', 'I32'),
    fc.array(fc.nat(3), { maxLength: 3 }),
  );
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.string({ minLength: 1 }).filter((name) => name !== '__metadata__'),
        entry,
      ),
      (entries) => {
        const bytes = { F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4 } as Record<string, number>;
        let at = 0;
        const header = Object.create(null) as Record<string, { data_offsets: [number, number] }>;
        for (const [name, [dtype, shape]] of Object.entries(entries)) {
          const size = shape.reduce((product, length) => product * length, bytes[dtype]!);
          Object.defineProperty(header, name, {
            enumerable: true,
            value: { dtype, shape, data_offsets: [at, at + size] },
          });
          at += size;
        }
        const path = file(header, at);
        const begin = 8 + Buffer.byteLength(JSON.stringify(header));
        const { tensors } = openSafetensors(path);
        expect(tensors.size).toBe(Object.keys(header).length);
        for (const [
          name,
          {
            data_offsets: [start, end],
          },
        ] of Object.entries(header))
          expect(tensors.get(name)).toMatchObject({ offset: begin + start, length: end - start });
      },
    ),
  );
});

test('whatever byte of a file is changed or cut, it is read or refused by a typed error', () => {
  const path = file(
    {
      __metadata__: { a: 'b' },
      a: f32([2], 0, 8),
      b: { dtype: 'F16', shape: [1, 2], data_offsets: [8, 12] },
    },
    12,
  );
  const good = readFileSync(path);
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, value, length) => {
      const bytes = Buffer.from(good);
      bytes[at] = value;
      const damaged = raw(bytes.subarray(0, Math.max(length, at)));
      try {
        openSafetensors(damaged);
      } catch (error) {
        expect(error).toBeInstanceOf(WeightsError);
      }
    }),
  );
});

test.each([100_000_000n, 2n ** 53n, 2n ** 64n - 1n])(
  'a header that claims %i bytes takes no memory',
  (length) => {
    const path = raw(lengthOnly(length));
    const before = process.memoryUsage().rss;
    expect(() => openSafetensors(path)).toThrow(WeightsError);
    expect(process.memoryUsage().rss - before).toBeLessThan(32 * 2 ** 20);
  },
);
