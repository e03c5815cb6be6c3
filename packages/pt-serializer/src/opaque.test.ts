import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { archive, text } from '../test/archive.js';
import { LazyTensor, type NumpyStrings, openPt, type PtOpaque } from './index.js';

const fixture = (name: string) => fileURLToPath(new URL(`../test/fixtures/${name}`, import.meta.url));
const open = (name: string) => openPt(fixture(name), { unknown: 'opaque' });

test.each(['unknown_classes.pt', 'unknown_classes_not_zip.pt', 'whole_module.pt', 'quantized.pt'])(
  '%s is refused unless it is asked for otherwise',
  async (name) => {
    await expect(openPt(fixture(name))).rejects.toMatchObject({ code: 'forbidden' });
    await expect(openPt(fixture(name), { unknown: 'refuse' })).rejects.toMatchObject({ code: 'forbidden' });
  },
);

test('classes that are not known are inert data, and the tensors beside them are read', async () => {
  await using file = await open('unknown_classes.pt');
  expect(await (file.get('model.w') as LazyTensor).readFloat32()).toEqual(Float32Array.of(0, 1, 2, 3, 4, 5));
  expect(file.unknownNames).toEqual(expect.arrayContaining(['argparse.Namespace', 'pathlib.PurePosixPath']));
  const namespace = file.get('cfg.model') as PtOpaque;
  expect([namespace.module, namespace.name, namespace.args]).toEqual(['argparse', 'Namespace', []]);
  expect(file.get('cfg.model.encoder_layers')).toBe(2);
  expect(file.get('cfg.model.p')).toMatchObject({
    module: 'pathlib',
    name: 'PurePosixPath',
    args: ['/', 'a', 'b'],
  });
  const dict = file.get('d') as PtOpaque;
  expect(dict.name).toBe('defaultdict');
  expect([...dict.entries]).toEqual([['a', [1]]]);
  expect(dict.args?.[0]).toMatchObject({ name: 'list', args: null });
  expect(file.get('o')).toMatchObject({ module: 'numpy', name: 'ndarray' });
  expect([...(file.get('s') as NumpyStrings)]).toEqual(['ab', 'cde']);
});

test('of the container before PyTorch 1.6 too', async () => {
  await using file = await open('unknown_classes_not_zip.pt');
  expect(file.get('n.arch')).toBe('x');
  expect(await (file.get('w') as LazyTensor).readFloat32()).toEqual(Float32Array.of(1, 1));
});

test('a whole module shows its parameters', async () => {
  await using file = await open('whole_module.pt');
  const paths = file.tensors().map(({ path }) => path);
  expect(paths).toEqual([
    '/_modules/0/_parameters/weight',
    '/_modules/0/_parameters/bias',
    '/_modules/1/_parameters/weight',
    '/_modules/1/_parameters/bias',
  ]);
  expect(file.get('_modules.0._parameters.weight')).toMatchObject({ shape: [2, 3], parameter: true });
});

test('a tensor that is not read does not hide the one beside it', async () => {
  await using file = await open('quantized.pt');
  expect(file.get('q')).toMatchObject({ module: 'torch._utils', name: '_rebuild_qtensor' });
  expect(file.get('w')).toBeInstanceOf(LazyTensor);
});

test('a path finds keys that hold points; the longest that fits counts', async () => {
  await using file = await openPt(fixture('module_state_dict.pt'));
  const [{ path, tensor } = { path: '', tensor: null }] = file.tensors();
  expect(path).toContain('.');
  expect(file.get(path.slice(1))).toBe(tensor);
  expect(file.get('nothing.of.it')).toBeUndefined();
});

test('a known name among the arguments of an unknown one is inert data too', async () => {
  const pickle = `\x80\x02cm\nf\n(ctorch._utils\n_rebuild_tensor_v2\n${text('x')}tR.`;
  await using file = await openPt(Buffer.from(await archive(pickle, {})), { unknown: 'opaque' });
  expect(file.value).toMatchObject({
    module: 'm',
    name: 'f',
    args: [{ module: 'torch._utils', name: '_rebuild_tensor_v2', args: null }, 'x'],
  });
});
