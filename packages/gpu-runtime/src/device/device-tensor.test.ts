import type { InferenceSession } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { bytes, fixture } from '../../test/support.js';
import { loadWith } from '../load-model.js';
import { InferenceError } from '../onnx/inference-error.js';
import { resolveModel } from '../resolve-model.js';
import { parseDevice } from './device.js';
import type { DeviceTensor } from './device-tensor.js';

/** A tensor that the host can only read by downloading it, and not at all once it is disposed. */
class FakeDeviceTensor implements DeviceTensor {
  readonly location = 'gpu-buffer';
  downloads = 0;
  disposed = 0;

  constructor(
    readonly type: string,
    readonly dims: readonly number[],
    readonly numbers: unknown,
  ) {}

  get data(): never {
    throw new Error('the data is not on the CPU');
  }

  async getData(): Promise<unknown> {
    if (this.disposed > 0) throw new Error('the tensor is disposed');
    this.downloads++;
    // The device is busy for a while.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.disposed > 0) throw new Error('the tensor is disposed');
    if (this.numbers instanceof Error) throw this.numbers;
    return this.numbers;
  }

  dispose(): void {
    this.disposed++;
  }
}

/** The tiny ESM-2 on a device whose outputs come from `answer`. */
async function onDevice(answer: (dims: readonly number[]) => FakeDeviceTensor) {
  const given: FakeDeviceTensor[] = [];
  const meta = (name: string, type: string, shape: (string | number)[]) => ({
    name,
    isTensor: true,
    type,
    shape,
  });
  const session = {
    inputMetadata: ['input_ids', 'attention_mask'].map((name) => meta(name, 'int64', ['n', 'tokens'])),
    outputMetadata: [meta('last_hidden_state', 'float32', ['n', 'tokens', 32])],
    async run(feeds: Record<string, { dims: readonly number[] }>) {
      const tensor = answer(feeds['input_ids']!.dims);
      given.push(tensor);
      return { last_hidden_state: tensor };
    },
    release: async () => undefined,
  } as unknown as InferenceSession;
  const source = await resolveModel(fixture('tiny_esm2'));
  return {
    model: await loadWith(async () => session, source, { device: parseDevice('cuda') }),
    given,
  };
}

const filled = (type: string, dims: readonly number[], numbers: (length: number) => unknown) =>
  new FakeDeviceTensor(type, [...dims, 32], numbers(dims[0]! * dims[1]! * 32));

test('a device’s output is downloaded once, freed once, and not used afterwards', async () => {
  const { model, given } = await onDevice((dims) =>
    filled('float32', dims, (length) => new Float32Array(length).fill(1.5)),
  );
  const rows = await model.embed([bytes('MKT'), bytes('M')]);
  expect([...new Set(rows)]).toEqual([1.5]);
  expect(given.map(({ downloads, disposed }) => [downloads, disposed])).toEqual([[1, 1]]);
});

test('half precision comes out as float32', async () => {
  const { model } = await onDevice((dims) =>
    filled('float16', dims, (length) => new Uint16Array(length).fill(0x3e00)),
  );
  expect([...new Set(await model.embed([bytes('MKT')]))]).toEqual([1.5]);
});

test('a device lost during the download fails the batch, and its memory is still freed', async () => {
  const { model, given } = await onDevice((dims) =>
    filled('float32', dims, () => new Error('CUDA failure 700')),
  );
  await expect(model.embed([bytes('MKT')])).rejects.toBeInstanceOf(InferenceError);
  expect(given[0]!.disposed).toBe(1);
});

test('an output of another type or shape is refused and freed', async () => {
  for (const answer of [
    (dims: readonly number[]) => filled('int64', dims, (length) => new BigInt64Array(length)),
    (dims: readonly number[]) => new FakeDeviceTensor('float32', dims, new Float32Array(1)),
  ]) {
    const { model, given } = await onDevice(answer);
    await expect(model.embed([bytes('MKT')])).rejects.toMatchObject({ code: 'model_mismatch' });
    expect(given[0]!.disposed).toBe(1);
  }
});
