import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { archive, storage, tensorOf, text } from '../test/archive.js';
import { normal } from '../test/digest.js';
import { type LazyTensor, openPt, PtFormatError } from './index.js';

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

test('a tensor that lies in its storage is read, and none that leaves it by an element', async () => {
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
    // 2^40 × 2^40 elements of stride 0: cheap to say, and beyond any memory.
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

test('a tensor whose bytes mean something else by a flag is refused, and empty flags are not', async () => {
  const flagged = (flags: string) =>
    `ctorch._utils\n_rebuild_tensor_v2\n(${storage(6)}K\0K\x06\x85K\x01\x85\x89}${flags}tR.`;
  expect(await value(flagged('}'))).toMatchObject({ shape: [6] });
  expect(await value(flagged(`}${text('conj')}\x89s`))).toMatchObject({ shape: [6] });
  const error = await refusal(flagged(`}${text('conj')}\x88s`));
  expect(error.message).toContain('conj');
});

test('a numpy array needs as many bytes as its shape says', async () => {
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

test('a pickle nested as deep as is read is read, and one deeper is refused, also where the depth is hidden', async () => {
  const nested = (depth: number) => `${']'.repeat(depth)}${'a'.repeat(depth - 1)}.`;
  await expect(value(nested(1000))).resolves.toBeInstanceOf(Array);
  expect(await refusal(nested(1001))).toMatchObject({ code: 'limit' });
  expect(await refusal(nested(200_000))).toMatchObject({ code: 'limit' });
  // Each list holds the one before, and the outermost holds them all: every one is near the top, too.
  const slot = (i: number) => String.fromCharCode(i & 0xff, i >> 8, 0, 0);
  let chain = `]r${slot(0)}`;
  for (let i = 1; i < 1200; i++) chain += `]j${slot(i - 1)}ar${slot(i)}`;
  expect(await refusal(`(${chain}l.`)).toMatchObject({ code: 'limit' });
});

test('a list that holds itself, and a value shared exponentially often, are read at once', async () => {
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

test('a pickle cannot make much out of little', async () => {
  const long = `X\0\0\x01\0${'x'.repeat(0x10000)}`;
  const again = `c_codecs\nencode\n(h\x00${text('latin1')}tR0`.repeat(3);
  expect(await refusal(`${long}q\x000${again}N.`)).toMatchObject({ code: 'limit' });
  expect(await refusal(`${'}'.repeat(5_000_000)}.`)).toMatchObject({ code: 'limit' });
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
