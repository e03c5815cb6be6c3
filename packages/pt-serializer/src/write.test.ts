import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Sink } from './io/sink.js';
import { openPt } from './open.js';
import type { DType } from './tensors/dtypes.js';
import { type PtValue, tensor } from './tensors/pt-value.js';
import { PtDType } from './values.js';
import { encodePt, writePt } from './write.js';

test('every storage begins at a multiple of 64 bytes, whatever the names and sizes before it', async () => {
  const marker = Buffer.from('0123456789abcdef0123456789abcdef');
  const name = fc.string({ unit: fc.constantFrom('a', 'é', '-'), minLength: 1, maxLength: 80 });
  await fc.assert(
    fc.asyncProperty(name, fc.nat(200), fc.nat(300), async (name, length, filler) => {
      const first = tensor('uint8', [length], new Uint8Array(length));
      const bytes = await encodePt([first, tensor('uint8', [32], marker), 'x'.repeat(filler)], { name });
      expect(Buffer.from(bytes).indexOf(marker) % 64).toBe(0);
    }),
  );
});

test('a small file equals PyTorch’s, byte for byte, except for the memo slots', async () => {
  const bytes = Buffer.from(await encodePt({ x: tensor('uint8', [2], Uint8Array.of(7, 9)) }, { name: 'p' }));
  const local = bytes.subarray(0, 30).toString('hex');
  // Signature, version 0, flags 0x0808, method, time and date 0, CRC and sizes 0, name of 10, extra of 4 +
  // 20.
  expect(local).toBe('504b0304000008080000000000000000000000000000000000000a001800');
  expect(bytes.subarray(30, 40).toString()).toBe('p/data.pkl');
  const padding = `FB\x14\x00${'Z'.repeat(20)}`;
  expect(bytes.subarray(40, 68).toString('latin1')).toBe(`${padding}\x80\x02}(`);
  const names: string[] = [];
  for (let at = bytes.indexOf('PK\x01\x02'); at >= 0; at = bytes.indexOf('PK\x01\x02', at + 4)) {
    names.push(bytes.toString('utf8', at + 46, at + 46 + bytes.readUInt16LE(at + 28)));
  }
  expect(names).toEqual(['p/data.pkl', 'p/byteorder', 'p/data/0', 'p/version']);
});

test('an empty member has no descriptor, as with PyTorch', async () => {
  const bytes = Buffer.from(await encodePt(tensor('float32', [0, 4], new Float32Array(0))));
  const header = bytes.indexOf('archive/data/0') - 30;
  const data = header + 30 + bytes.readUInt16LE(header + 26) + bytes.readUInt16LE(header + 28);
  expect(bytes.toString('latin1', data, data + 4)).toBe('PK\x03\x04');
});

test('a tensor given in pieces is the same file as one given whole, and a wrong length is refused', async () => {
  const data = new Uint8Array(100_000).map((_, i) => i);
  const whole = await encodePt(tensor('uint8', [100_000], data));
  async function* pieces() {
    for (let at = 0; at < data.length; at += 7777) yield data.subarray(at, at + 7777);
  }
  expect(Buffer.compare(await encodePt(tensor('uint8', [100_000], pieces)), whole)).toBe(0);
  await expect(encodePt(tensor('uint8', [100_001], pieces))).rejects.toThrow('but the pieces have 100000');
  await expect(encodePt(tensor('uint8', [99_999], pieces))).rejects.toThrow('but the pieces have more');
  expect(() => tensor('float32', [2, 2], new Float32Array(3))).toThrow('16 bytes, not 12');
});

test('pieces beyond the announced length are not requested', async () => {
  let asked = 0;
  function* pieces() {
    for (; asked < 1000; asked++) yield new Uint8Array(10);
  }
  await expect(encodePt(tensor('uint8', [15], pieces))).rejects.toThrow(RangeError);
  expect(asked).toBeLessThan(3);
});

test('one buffer can be used again for every piece', async () => {
  const buffer = new Uint8Array(5000);
  function* pieces() {
    for (let i = 0; i < 10; i++) yield buffer.subarray(0, i % 2 ? 5000 : 10).fill(i);
  }
  const data = Buffer.concat(Array.from({ length: 10 }, (_, i) => Buffer.alloc(i % 2 ? 5000 : 10, i)));
  const reused = await encodePt(tensor('uint8', [data.length], pieces));
  expect(Buffer.compare(reused, await encodePt(tensor('uint8', [data.length], data)))).toBe(0);
});

test('the sink gets the tensor itself, and few other writes', async () => {
  const data = new Float32Array(1 << 18);
  const handed: ArrayBufferLike[] = [];
  const sink = { write: async (bytes: Uint8Array) => void handed.push(bytes.buffer) };
  await writePt(sink, { embeddings: tensor('float32', [1 << 18], data), ids: ['a'] });
  expect(handed.filter((buffer) => buffer === data.buffer)).toHaveLength(1);
  expect(handed).toHaveLength(3);
});

test('a tensor that occurs twice is stored once', async () => {
  const once = tensor('uint8', [1000], new Uint8Array(1000).fill(1));
  expect((await encodePt([once, once])).byteLength - (await encodePt([once])).byteLength).toBeLessThan(500);
});

test('errors of the sink or the data are rethrown unchanged', async () => {
  const full = new Error('ENOSPC');
  const sink = { write: async () => Promise.reject(full) };
  await expect(writePt(sink, [1])).rejects.toBe(full);
  const broken = () => {
    throw full;
  };
  await expect(encodePt(tensor('uint8', [1], broken))).rejects.toBe(full);
});

let deep: PtValue[] = [];
for (let i = 0; i < 1000; i++) deep = [deep];
test.each<[string, unknown, string]>([
  ['undefined in a list', { ids: ['a', undefined] }, '/ids/1: undefined'],
  ['a Date', { a: new Date(0) }, '/a: a Date'],
  ['a function', [() => 1], '/0: a function'],
  ['half a surrogate pair, which would make IDs equal', { ids: ['ok', 'a\ud800'] }, '/ids/1: "a\\ud800"'],
  ['a list in a thousand others', deep, 'nested deeper than 1000'],
  ['a mutable key', new Map([[[1], 1]]), 'a key is a Array'],
  ['a dict in a set', { a: new Set([{}]) }, '/a: a set has a Object'],
])('%s is refused by its path', async (_, value, message) => {
  await expect(encodePt(value as PtValue)).rejects.toThrow(message);
  await expect(encodePt(value as PtValue)).rejects.toThrow(TypeError);
});

test.each(['', '.', '..', 'a/b', 'a\\b', 'x'.repeat(256), '\ud800'])(
  'the name %j is refused',
  async (name) => {
    await expect(encodePt(null, { name })).rejects.toThrow(RangeError);
  },
);

test.each([
  ['float33', [1]],
  ['toString', [1]],
  ['float32', [-1]],
  ['float32', [1.5]],
  ['float32', [2 ** 40, 2 ** 40]],
])('a tensor of dtype %s and shape %j is refused', (dtype, shape) => {
  expect(() => tensor(dtype as 'float32', shape, new Uint8Array(0))).toThrow(RangeError);
});

test('only valid names reach the pickle, whatever made them', async () => {
  const attack = 'float32\ncos\nsystem\n(X\x04\0\0\0truetR0ctorch\nfloat32' as DType;
  expect(() => new PtDType(attack)).toThrow(RangeError);
  const forged = Object.assign(Object.create(PtDType.prototype) as PtDType, { name: attack });
  await expect(encodePt([forged])).rejects.toThrow(TypeError);
  const renamed = Object.assign(tensor('uint16', [1], new Uint8Array(2)), { dtype: attack });
  await expect(encodePt(renamed)).rejects.toThrow(TypeError);
});

test('pieces may be arrays of any element type, and anything but bytes is refused', async () => {
  const floats = Float32Array.from({ length: 4096 }, (_, i) => i + 0.5);
  const given = (pieces: () => Iterable<ArrayBufferView>) => encodePt(tensor('float32', [4096], pieces));
  const whole = await encodePt(tensor('float32', [4096], floats));
  for (const step of [4096, 40]) {
    const pieces = function* () {
      for (let at = 0; at < 4096; at += step) yield floats.subarray(at, at + step);
    };
    expect(Buffer.compare(await given(pieces), whole)).toBe(0);
  }
  await expect(given(() => [[1, 2, 3] as unknown as Uint8Array])).rejects.toThrow(TypeError);
});

test('ints up to the reader’s limit are written, and larger ones are refused', async () => {
  const large = 2n ** 600_000n;
  expect((await openPt(await encodePt(large))).value).toBe(large);
  await expect(encodePt({ a: 1n << (2n ** 27n) })).rejects.toThrow('/a: an int of more than');
});

test('a symbol as a key is refused, and so is an endless object', async () => {
  await expect(encodePt({ [Symbol('id')]: 1 } as PtValue)).rejects.toThrow('Symbol(id)');
  const endless = (): PtValue => ({
    get a() {
      return endless();
    },
  });
  await expect(encodePt(endless())).rejects.toThrow('nested deeper than 1000');
});

test('a stream, which does not show when it has taken the bytes, is refused', async () => {
  const stream = { fd: 7, write: () => true };
  await expect(writePt(stream as unknown as Sink, [1])).rejects.toThrow(/returns no promise/);
});
