import { execFileSync } from 'node:child_process';
import { setImmediate as turn } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, onTestFinished, test } from 'vitest';
import { SessionModel } from '../src/embedding-model.js';
import { loadModel } from '../src/load-model.js';
import type { ModelOverrides } from '../src/model/model-overrides.js';
import { InferenceError } from '../src/onnx/inference-error.js';
import { resolveModel } from '../src/resolve-model.js';
import { type SubwordRules, Subwords } from '../src/tokens/subwords.js';
import { SubwordThread } from '../src/tokens/thread/subword-thread.js';
import { bytes, fixture, inPackage, lambda } from './support.js';

const folder = fixture('dna_encoder');
const source = await resolveModel(folder);
const rules: SubwordRules = {
  files: source.recipe.tokenizer!,
  folder,
  maxTokens: source.maxTokens!,
  specialTokens: source.specialTokens,
};
const dna = await lambda();
const cut = fc
  .record({ start: fc.nat(dna.length - 2000), length: fc.nat(2000) })
  .map(({ start, length }) => bytes(dna.slice(start, start + length)));

/** A thread that runs the test's own script. */
function thread(of: SubwordRules = rules, script?: string): SubwordThread {
  const made = new SubwordThread(
    of,
    script === undefined ? undefined : new URL(`data:text/javascript,${encodeURIComponent(script)}`),
  );
  onTestFinished(() => made.close());
  return made;
}

test('tokens and truncated sequences are the same as without a thread, also for concurrent calls', async () => {
  const threaded = thread();
  const here = new Subwords(rules);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(cut, { maxLength: 5 }), { maxLength: 4 }), async (batches) => {
      const made = await Promise.all(batches.map((batch) => threaded.encode(batch)));
      expect(made).toEqual(batches.map((batch) => here.encode(batch)));
    }),
    { numRuns: 40 },
  );
});

test('tokens are made while the caller’s thread is blocked', async () => {
  const done = new Int32Array(new SharedArrayBuffer(4));
  const script = `
    import { parentPort, workerData } from 'node:worker_threads';
    parentPort.on('message', ({ id }) => {
      parentPort.postMessage({ id, truncated: [], all: new Int32Array(0), ends: new Float64Array(0) });
      Atomics.store(workerData.done, 0, 1);
      Atomics.notify(workerData.done, 0);
    });`;
  const threaded = thread({ ...rules, done } as SubwordRules, script);
  const made = threaded.encode([bytes('ACGT')]);
  expect(Atomics.wait(done, 0, 0, 60_000)).not.toBe('timed-out');
  expect(await made).toEqual({ tokens: [], truncated: [] });
});

test.each([
  ['ends', `process.exit(3)`, /tokenizer thread exited with code 3/],
  ['throws', `throw new Error('no more')`, /no more/],
])('a thread that %s fails all pending calls, and the next call starts another', async (_, what, message) => {
  const begun = new Int32Array(new SharedArrayBuffer(4));
  // The first thread fails at its first message.
  const script = `
    import { parentPort, workerData } from 'node:worker_threads';
    const first = Atomics.add(workerData.begun, 0, 1) === 0;
    parentPort.on('message', ({ id }) => {
      if (first) ${what};
      parentPort.postMessage({ id, truncated: [7], all: new Int32Array(0), ends: new Float64Array(0) });
    });`;
  const threaded = thread({ ...rules, begun } as SubwordRules, script);
  const calls = await Promise.allSettled([threaded.encode([]), threaded.encode([])]);
  for (const call of calls)
    expect(call).toMatchObject({ reason: { message: expect.stringMatching(message) } });
  expect(await threaded.encode([])).toEqual({ tokens: [], truncated: [7] });
});

test('a batch that cannot be tokenized is an InferenceError, and the model remains usable', async () => {
  const here = new Subwords(rules);
  let calls = 0;
  const { model } = recorded(async (sequences) => {
    if (calls++ === 0) throw new Error('the tokenizer thread exited with code 3');
    return here.encode(sequences);
  });
  const failed = await model.embed([bytes('ACGT')]).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(InferenceError);
  expect(failed).toMatchObject({ kind: 'cuda_runtime', message: expect.stringContaining('code 3') });
  expect(await model.embed([bytes('ACGT')])).toHaveLength(source.dim);
});

/** A model whose session returns zeros, and a log of its calls. */
function recorded(
  encode: (sequences: readonly Uint8Array[]) => Promise<ReturnType<Subwords['encode']>>,
  of = source,
) {
  const log: string[] = [];
  const session: Pick<InferenceSession, 'run' | 'release'> = {
    // Like ONNX Runtime: in the next turn of the event loop, which is blocked meanwhile.
    run: (feeds) =>
      new Promise((resolve) => {
        setImmediate(() => {
          const { dims } = (feeds as Record<string, Tensor>)['input_ids']!;
          const [n, width] = dims as [number, number];
          log.push(`computes ${n}`);
          const zeros = new Float32Array(n * width * source.dim);
          resolve({ last_hidden_state: new Tensor('float32', zeros, [n, width, source.dim]) });
        });
      }),
    release: async () => undefined,
  };
  const model = new SessionModel(of, session, {
    encode(sequences) {
      log.push(`tokenizes ${sequences.length}`);
      return encode(sequences);
    },
    close: async () => undefined,
  });
  return { model, log };
}

test('prepare makes a batch’s tokens immediately and once; embed computes its rows', async () => {
  const here = new Subwords(rules);
  const { model, log } = recorded(async (sequences) => here.encode(sequences));
  const [first, second] = [1, 2].map((n) => new Array<Uint8Array>(n).fill(bytes('ACGTACGT')));
  model.prepare(first!);
  model.prepare(second!);
  await turn();
  await model.embed(first!);
  await turn();
  expect(log).toEqual(['tokenizes 1', 'tokenizes 2', 'computes 1']);
  await model.embed(second!);
  await model.embed(second!);
  expect(log.slice(3)).toEqual(['computes 2', 'tokenizes 2', 'computes 2']);
});

test('a sequence of many windows is tokenized one batch ahead, and no further', async () => {
  const here = new Subwords(rules);
  const windows = { residues: 10, overlap: 0 };
  const { model, log } = recorded(async (sequences) => here.encode(sequences), {
    ...source,
    windows,
    batchTokens: 24,
  });
  await model.embed([bytes('ACGTACGT'.repeat(7))]);
  expect(log).toEqual([
    'tokenizes 2',
    'tokenizes 2',
    'computes 2',
    'tokenizes 2',
    'computes 2',
    'computes 2',
  ]);
});

test.each<[string, ModelOverrides]>([
  ['truncated', {}],
  ['in windows', { longSequences: 'windows', windowOverlap: 20 }],
])('concurrent calls give the same bytes as sequential calls, %s', async (_, overrides) => {
  const found = await resolveModel(folder, overrides);
  const model = await loadModel({ ...found, batchTokens: 600 });
  onTestFinished(() => model.release());
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(cut, { minLength: 1, maxLength: 4 }), { maxLength: 4 }),
      async (batches) => {
        const embed = async (batch: Uint8Array[]) => {
          const truncated: number[] = [];
          return { rows: await model.embed(batch, { onTruncated: (at) => truncated.push(at) }), truncated };
        };
        const alone = [];
        for (const batch of batches) alone.push(await embed(batch));
        expect(await Promise.all(batches.map(embed))).toEqual(alone);
      },
    ),
    { numRuns: 15 },
  );
});

test('a process exits even if it does not release its model', () => {
  const script = `
    import { loadModel, resolveModel } from ${JSON.stringify(pathToFileURL(inPackage('dist/index.js')))};
    const model = await loadModel(await resolveModel(${JSON.stringify(folder)}));
    console.log((await model.embed([Buffer.from('ACGTTGCA')])).length);`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 60_000 });
  expect(output.toString()).toBe(`${source.dim}\n`);
});

test('release ends the thread after pending calls', async () => {
  let closed = false;
  const here = new Subwords(rules);
  const model = new SessionModel(
    source,
    { run: () => Promise.reject(new Error('lost')), release: async () => undefined },
    {
      encode: async (sequences) => {
        expect(closed).toBe(false);
        return here.encode(sequences);
      },
      close: async () => {
        closed = true;
      },
    },
  );
  const call = model.embed([bytes('ACGT')]);
  await model.release();
  expect(closed).toBe(true);
  await expect(call).rejects.toThrow('lost');
});
