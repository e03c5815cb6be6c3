import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { archive, storage, tensorOf, text } from '../test/archive.js';
import { normal } from '../test/digest.js';
import { PtFormatError } from './format-error.js';
import { openPt } from './open.js';
import type { LazyTensor } from './tensors/lazy-tensor.js';
import { PtByteArray } from './values.js';
import { encodePt } from './write.js';

let path: string;
beforeAll(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'pt-')), 'pickle.pt');
});

const DATA = { 'a/data/0': 'abcdef', 'a/data/1': 'secret' };

async function refusal(pickle: string): Promise<PtFormatError> {
  await writeFile(path, await archive(`\x80\x02${pickle}`, DATA));
  const found = await openPt(path).catch((error: unknown) => error);
  expect(found).toBeInstanceOf(PtFormatError);
  return found as PtFormatError;
}

async function value(pickle: string): Promise<unknown> {
  await writeFile(path, await archive(`\x80\x02${pickle}`, DATA));
  await using file = await openPt(path);
  return await normal(file.value);
}

test.each([
  ['GLOBAL and REDUCE', `cos\nsystem\n(${text('true')}tR.`, 'os.system'],
  ['STACK_GLOBAL', '\x8c\x02os\x8c\x06system\x93.', 'os.system'],
  ['INST', `(${text('true')}ios\nsystem\n.`, 'os.system'],
  ['a name of every object', 'ctorch\ntoString\n.', 'torch.toString'],
  ['a global hidden below what is dropped', 'cbuiltins\neval\n0N.', 'builtins.eval'],
])('code by %s is refused by name', async (_, pickle, name) => {
  const error = await refusal(pickle);
  expect(error).toMatchObject({ code: 'forbidden', path, member: 'a/data.pkl', offset: expect.any(Number) });
  expect(error.message).toContain(name);
});

test.each([
  ['an opcode of protocol 0', 'I1\n.'],
  ['a length beyond the file', 'X\xff\xff\xff\x7fab.'],
  ['an empty stack', 'a.'],
  ['nothing to drop', '0N.'],
  ['a memo slot that was never filled', 'h\x07.'],
  ['two values at the end', 'NN.'],
  ['bytes after the end', 'N.N'],
  ['a key without a value', '}(Nu.'],
  ['a key that is a list', '}]Ns.'],
  ['no end', 'N'],
  ['a string that is longer than what is left', 'NX\xff\0\0\0ab.'],
  ['a string of Python 2 that is not UTF-8', 'U\x01\xe9.'],
  ['a string that is not UTF-8', 'X\x02\0\0\0\xff\xfe.'],
  ['a bare name for a value', 'ccollections\nOrderedDict\n.'],
  ['an array without its state', ']cnumpy.core.multiarray\n_reconstruct\n)Ra.'],
  [
    'a dtype by a name of every object',
    `ctorch._utils\n_rebuild_tensor_v3\n(${storage(6)}K\0))\x89}${text('constructor')}tR.`,
  ],
  ['a storage that lies outside', `ctorch._utils\n_rebuild_tensor_v2\n(${storage(6, '../x')}K\0))\x89}tR.`],
])('a pickle with %s is refused', async (_, pickle) => {
  expect(await refusal(pickle)).toMatchObject({ code: 'pickle', member: 'a/data.pkl' });
});

test('a truncated pickle is reported with the opcode that needed more', async () => {
  expect(await refusal('NX\xff\0\0\0ab.')).toMatchObject({
    offset: 3,
    message: expect.stringContaining('255'),
  });
});

test('a string of Python 2 is read as UTF-8, as torch.load does', async () => {
  expect(await value('U\x02\xc3\xa9.')).toBe('é');
});

test('a storage saved without a tensor is refused with a remedy', async () => {
  expect(await refusal(`${storage(6)}.`)).toMatchObject({
    code: 'unsupported',
    reason: expect.stringContaining('save a tensor'),
  });
});

test('marks without values are refused before they fill the memory', async () => {
  expect(await refusal(`${'('.repeat(17_000_000)}.`)).toMatchObject({
    code: 'limit',
    reason: expect.stringContaining('limits.values'),
  });
});

test('an empty tensor whose sizes overflow has no bytes', async () => {
  const huge = '\x8a\x07\xff\xff\xff\xff\xff\xff\x1f';
  const pickle = tensorOf(6, 'K\0', `(${huge.repeat(30)}K\0t`, `(${'K\x01'.repeat(31)}t`);
  await writeFile(path, await archive(`\x80\x02${pickle}.`, DATA));
  await using file = await openPt(path);
  const tensor = file.value as LazyTensor;
  expect(tensor.byteLength).toBe(0);
  expect(await tensor.readBytes()).toHaveLength(0);
});

test('every hashable value can be a key: dtypes, devices, complex numbers and numpy scalars', async () => {
  const dtype = `cnumpy\ndtype\n${text('i8')}\x85R(K\x03${text('<')}NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb`;
  const bytes = `c_codecs\nencode\n${text('\x07\0\0\0\0\0\0\0')}${text('latin1')}\x86R`;
  const keys = [
    'ctorch\nfloat32\n',
    `ctorch\ndevice\n${text('cpu')}\x85R`,
    'c__builtin__\ncomplex\nK\x01K\x02\x86R',
    `cnumpy.core.multiarray\nscalar\n${dtype}${bytes}\x86R`,
  ];
  await writeFile(
    path,
    await archive(`\x80\x02}(${keys.map((key, i) => `${key}K${String.fromCharCode(i)}`).join('')}u.`),
  );
  await using file = await openPt(path);
  const dict = file.value as Map<unknown, number>;
  expect(dict.size).toBe(4);
  expect(dict.get(7)).toBe(3);
  await using again = await openPt(await encodePt(dict));
  expect((again.value as Map<unknown, unknown>).size).toBe(4);
});

test('a tensor over a storage that is not a whole number of its elements is written back unchanged', async () => {
  const untyped = `(${text('storage')}ctorch.storage\nUntypedStorage\n${text('0')}${text('cpu')}K\x07tQ`;
  const pickle = `ctorch._utils\n_rebuild_tensor_v3\n(${untyped}K\0K\x01\x85K\x01\x85\x89}ctorch\nfloat32\ntR.`;
  const bytes = await archive(`\x80\x02${pickle}`, { 'a/data/0': '1234567' });
  const again = await openPt(await encodePt((await openPt(bytes)).value as LazyTensor));
  const tensor = again.value as LazyTensor;
  expect([tensor.storageByteLength, Buffer.from(await tensor.readBytes()).toString()]).toEqual([7, '1234']);
});

test('a tensor inside its storage is read, and one that leaves it by one element is refused', async () => {
  expect(await value(`${tensorOf(6, 'K\x00', 'K\x02K\x03\x86', 'K\x03K\x01\x86')}.`)).toMatchObject({
    shape: [2, 3],
  });
  const outside: [offset: string, shape: string, stride: string][] = [
    ['K\x01', 'K\x02K\x03\x86', 'K\x03K\x01\x86'],
    ['K\x00', 'K\x02K\x03\x86', 'K\x04K\x01\x86'],
    ['K\x00', 'K\x07\x85', 'K\x01\x85'],
    ['K\x00', 'K\x02\x85', 'K\x06\x85'],
    ['J\xff\xff\xff\xff', 'K\x02\x85', 'K\x01\x85'],
    ['K\x00', 'J\xff\xff\xff\xff\x85', 'K\x01\x85'],
    ['K\x00', 'K\x02\x85', 'J\xff\xff\xff\xff\x85'],
    ['K\x00', 'K\x02\x85', 'K\x01K\x01\x86'],
    ['K\x00', '\x88\x85', 'K\x01\x85'],
    ['K\x00', 'G\x3f\xf0\0\0\0\0\0\0\x85', '\x89\x85'],
    // 2^40 × 2^40 elements of stride 0: a few bytes that would exceed any memory.
    ['K\x00', '\x8a\x06\0\0\0\0\0\x01\x8a\x06\0\0\0\0\0\x01\x86', 'K\0K\0\x86'],
  ];
  for (const parts of outside) {
    expect(await refusal(`${tensorOf(6, ...parts)}.`), JSON.stringify(parts)).toMatchObject({
      code: 'tensor',
    });
  }
  expect(await refusal(`${tensorOf(5, 'K\x00', 'K\x05\x85', 'K\x01\x85')}.`)).toMatchObject({
    code: 'tensor',
  });
});

test('a tensor with a flag that changes the meaning of its bytes is refused; empty flags are not', async () => {
  const flagged = (flags: string) =>
    `ctorch._utils\n_rebuild_tensor_v2\n(${storage(6)}K\0K\x06\x85K\x01\x85\x89}${flags}tR.`;
  expect(await value(flagged('}'))).toMatchObject({ shape: [6] });
  expect(await value(flagged(`}${text('conj')}\x89s`))).toMatchObject({ shape: [6] });
  const error = await refusal(flagged(`}${text('conj')}\x88s`));
  expect(error.message).toContain('conj');
});

test('a numpy array must have exactly the bytes of its shape', async () => {
  const array = (bytes: string, size = 'K\x03') => {
    const dtype = `cnumpy\ndtype\n${text('u1')}\x85R(K\x03${text('|')}NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb`;
    const data = `c_codecs\nencode\n${text(bytes)}${text('latin1')}\x86R`;
    return `cnumpy.core.multiarray\n_reconstruct\n)R(K\x01${size}\x85${dtype}\x89${data}tb.`;
  };
  expect(await value(array('abc'))).toMatchObject({ kind: 'ndarray', dtype: 'uint8', shape: [3] });
  expect(await refusal(array('ab'))).toMatchObject({ code: 'tensor' });
  expect(await refusal(array('abcd'))).toMatchObject({ code: 'tensor' });
  for (const size of ['\x8a\x08\0\0\0\0\0\0\0\x40', text('3'), '\x88', 'N']) {
    expect(await refusal(array('abc', size)), size).toMatchObject({ code: 'tensor' });
  }
});

test('a shape that the pickle changes after the tensor is made does not move the tensor', async () => {
  const shape = ']q\x00K\x06a';
  const stride = ']q\x01K\x01a';
  const pickle = `(${tensorOf(6, 'K\x00', shape, stride)}h\x00K\x7faK\x7fah\x01K\x7faK\x01al.`;
  await writeFile(path, await archive(`\x80\x02${pickle}`, DATA));
  await using file = await openPt(path);
  const [tensor] = file.value as [LazyTensor];
  expect([tensor.shape, tensor.stride]).toEqual([[6], [1]]);
  expect(Buffer.from(await tensor.readBytes()).toString()).toBe('abcdef');
});

test('a pickle at the depth limit is read, and a deeper one is refused, even if the depth is hidden', async () => {
  const nested = (depth: number) => `${']'.repeat(depth)}${'a'.repeat(depth - 1)}.`;
  await expect(value(nested(1000))).resolves.toBeInstanceOf(Array);
  expect(await refusal(nested(1001))).toMatchObject({ code: 'limit' });
  expect(await refusal(nested(200_000))).toMatchObject({ code: 'limit' });
  // Each list contains the one before, and the outermost contains all: each is near the top, too.
  const slot = (i: number) => String.fromCharCode(i & 0xff, i >> 8, 0, 0);
  let chain = `]r${slot(0)}`;
  for (let i = 1; i < 1200; i++) chain += `]j${slot(i - 1)}ar${slot(i)}`;
  expect(await refusal(`(${chain}l.`)).toMatchObject({ code: 'limit' });
});

test('a list that contains itself, and a value shared exponentially often, are read quickly', async () => {
  await writeFile(path, await archive('\x80\x02]q\x00h\x00a.'));
  await using cycle = await openPt(path);
  const list = cycle.value as unknown[];
  expect(list[0]).toBe(list);
  let shared = ']q\x00';
  for (let i = 0; i < 100; i++)
    shared += `0]h${String.fromCharCode(i)}ah${String.fromCharCode(i)}aq${String.fromCharCode(i + 1)}`;
  await writeFile(path, await archive(`\x80\x02${shared}.`));
  await using graph = await openPt(path);
  const [first, second] = graph.value as unknown[];
  expect(first).toBe(second);
});

test('a small pickle cannot expand into much memory', async () => {
  const long = `X\0\0\x01\0${'x'.repeat(0x10000)}`;
  const again = `c_codecs\nencode\n(h\x00${text('latin1')}tR0`.repeat(3);
  expect(await refusal(`${long}q\x000${again}N.`)).toMatchObject({ code: 'limit' });
  expect(await refusal(`${'}'.repeat(5_000_000)}.`)).toMatchObject({ code: 'limit' });
});

test.each([
  ['flags', '))', `}(${Array.from({ length: 200 }, (_, n) => `K${String.fromCharCode(n)}\x89`).join('')}u`],
  ['dimensions', `${`(${'K\x01'.repeat(64)}t`.repeat(2)}`, '}'],
])('%s that many tensors share are not walked without end', async (_, sizes, flags) => {
  const args = `(${storage(1)}K\0${sizes}\x89}${flags}tq\x01`;
  const pickle = (times: number) =>
    `\x80\x02(ctorch._utils\n_rebuild_tensor_v2\nq\0${args}R${'h\0h\x01R0'.repeat(times)}l.`;
  const read = async (times: number) => openPt(await archive(pickle(times), { 'a/data/0': 'x' }));
  expect((await read(1)).value).toHaveLength(1);
  await expect(read(500)).rejects.toMatchObject({ code: 'limit' });
});

test('a long bytearray of protocol 2, a string made bytes and then a bytearray, is not refused as expansion', async () => {
  const long = `X\0\0\x01\0${'x'.repeat(0x10000)}`;
  const read = await openPt(
    await archive(`\x80\x02c__builtin__\nbytearray\nc_codecs\nencode\n${long}${text('latin1')}\x86R\x85R.`),
  );
  expect(read.value).toEqual(new PtByteArray(Buffer.alloc(0x10000, 'x')));
});

test('a pickle larger than allowed is refused before it is read', async () => {
  await writeFile(path, await archive('\x80\x02N.'));
  await expect(openPt(path, { limits: { pickleBytes: 3 } })).rejects.toMatchObject({ code: 'limit' });
});

test('__proto__ is a key like any other', async () => {
  const read = (await value(`}${text('__proto__')}K\x05s.`)) as Map<string, number>;
  expect(read).toEqual(new Map([['__proto__', 5]]));
  expect(({} as Record<string, unknown>)['5']).toBeUndefined();
});

test('one of many numbers of a hash that is set repeatedly is counted, but close numbers are not', async () => {
  const dict = (step: number) =>
    `}(${Array.from({ length: 256 }, (_, n) => `J${String.fromCharCode(n)}${step === 1 ? '\0\0' : '\0\x01'}\0N`).join('')}u`;
  const read = async (step: number) =>
    openPt(await archive(`\x80\x02${dict(step)}${'K\0Ns'.repeat(256)}.`), {
      limits: { keyComparisons: 50_000 },
    });
  expect((await read(1)).value).toMatchObject({ size: 256 });
  await expect(read(65_536)).rejects.toMatchObject({ code: 'limit' });
});
