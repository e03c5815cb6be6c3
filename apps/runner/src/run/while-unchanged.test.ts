import { cp, mkdtemp, readFile, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ModelSource, resolveModel } from '@holdfast/gpu-runtime';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ExitCode, RunFailedError, UsageError } from '../errors.js';
import { whileUnchanged } from './while-unchanged.js';

const MODEL = fileURLToPath(
  new URL('../../../../packages/model-zoo/test/fixtures/esm2_tiny_hf', import.meta.url),
);

let model: string;
let weights: string;
let good: Buffer;
let other: string;
beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'unchanged-'));
  vi.stubEnv('HOLDFAST_CACHE', join(folder, 'cache'));
  model = join(folder, 'model');
  await cp(MODEL, model, { recursive: true });
  weights = join(model, 'model.safetensors');
  good = await readFile(weights);
  other = join(folder, 'other.onnx');
  await writeFile(other, 'another graph');
});
afterEach(() => vi.unstubAllEnvs());

type Lower = 'int8' | 'fp16';
const otherWeights = (of: Buffer) => Buffer.from(of).fill(1, of.length - 400);
const changed = () => writeFile(weights, otherWeights(good));

const resolved = (precision: Lower) => resolveModel(model, { precision });
/** As if its files had rested, so that it has a proof. */
const rested = async (precision: Lower): Promise<ModelSource> => {
  vi.useFakeTimers({ now: Date.now() + 60_000, toFake: ['Date'] });
  const source = await resolved(precision);
  vi.useRealTimers();
  expect(source.proof).toBeDefined();
  return source;
};

/** Does the steps, one for each time that the work is done; `times` counts them. */
async function during(source: ModelSource, steps: readonly (() => Promise<unknown>)[]) {
  let times = 0;
  const work = async () => {
    await steps[times++]?.();
    return `measured ${times}`;
  };
  const end = await whileUnchanged(source, work, {
    again: () => resolved(source.precision!),
    others: [weights, other],
    doing: 'it was compared',
  }).catch((error: unknown) => error);
  return { end, times };
}

const fails = async () => {
  throw new RunFailedError('the trial was killed by SIGBUS', ExitCode.unexpected);
};

describe.each<[string, () => Promise<ModelSource>]>([
  ['int8', () => resolved('int8')],
  ['fp16', () => resolved('fp16')],
  ['int8 that rested', () => rested('int8')],
  ['fp16 that rested', () => rested('fp16')],
])('%s', (_, source) => {
  test('files that stay as they are: the work is done once, and its failure is its own', async () => {
    expect(await during(await source(), [])).toEqual({ end: 'measured 1', times: 1 });
    const failed = { end: { message: 'the trial was killed by SIGBUS' }, times: 1 };
    expect(await during(await source(), [fails])).toMatchObject(failed);
  });

  test.each<[string, () => Promise<unknown>]>([
    ['overwritten', changed],
    [
      'replaced',
      async () => {
        await writeFile(`${weights}.new`, otherWeights(good));
        await rename(`${weights}.new`, weights);
      },
    ],
    ['removed', () => rm(weights)],
    [
      'cut off, which kills the trial',
      async () => {
        await truncate(weights, 100);
        await fails();
      },
    ],
  ])('weights that are %s meanwhile: the model has changed', async (_, change) => {
    const { end, times } = await during(await source(), [change]);
    expect(end).toBeInstanceOf(UsageError);
    expect((end as Error).message).toMatch(
      /model\.safetensors: (is gone, so )?the model has changed since the run was planned; .*Restore the original model.*--force-restart$/,
    );
    expect(times).toBe(1);
  });

  test('weights that were changed before it began are no longer those of the run', async () => {
    const given = await source();
    await changed();
    expect((await during(given, [])).end).toBeInstanceOf(UsageError);
  });

  test('weights that are changed and restored: it is measured once more, and then given up', async () => {
    const passing = async () => {
      await changed();
      await writeFile(weights, good);
    };
    expect(await during(await source(), [passing])).toEqual({ end: 'measured 2', times: 2 });
    const died = async () => {
      await passing();
      await fails();
    };
    expect(await during(await source(), [died, passing])).toMatchObject({
      end: {
        exitCode: 1,
        message: expect.stringMatching(
          /model\.safetensors: was changed while it was compared.*rerun the same command/,
        ),
      },
      times: 2,
    });
  });
});

test.each<[string, (made: string) => string]>([
  ['that was made from the weights', (made) => made],
  ['of the fp32 graph', () => other],
])('a file %s is touched: it is measured again, and the model is the same', async (_, path) => {
  const source = await resolved('int8');
  const file = path(source.built!.files![0]!);
  expect(await during(source, [() => utimes(file, 5, 5)])).toEqual({ end: 'measured 2', times: 2 });
});
