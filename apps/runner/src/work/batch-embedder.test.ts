import {
  deviceLost,
  groupFailed,
  type Isolation,
  type PoisonedRow,
  startIsolation,
} from '@holdfast/coordinator';
import { type EmbeddingModel, type EmbedOptions, InferenceError } from '@holdfast/gpu-runtime';
import { expect, test } from 'vitest';
import { countingModel, DIM } from '../../test/support.js';
import { BatchEmbedder, type BatchEmbedderOptions } from './batch-embedder.js';

const PLAIN = 'ACGTACGTACGT';
const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const text = (residues: Uint8Array) => Buffer.from(residues).toString();
const failed = (sequences: number) =>
  new InferenceError({ model: 'counting', sequences, tokens: 1 }, new Error('no'));

/** The counting model: NaN for a sequence with an N, a failure for a batch with an X, truncation of sequences longer than 4. */
function fragileModel(change: Partial<EmbeddingModel['source']> = {}) {
  const model = countingModel();
  const source = { ...model.source, specialTokens: 0, ...change };
  const calls: { batch: string[]; options: EmbedOptions }[] = [];
  const embed: EmbeddingModel['embed'] = async (batch, options = {}) => {
    calls.push({ batch: batch.map(text), options });
    if (batch.some((each) => text(each).includes('X'))) throw failed(batch.length);
    const rows = await model.embed(batch);
    batch.forEach((each, at) => {
      if (text(each).includes('N')) rows[at * DIM] = Number.NaN;
      if (each.length > 4) options.onTruncated?.(at);
    });
    return rows;
  };
  return { ...model, source, embed, calls };
}

function embedderOf(model: EmbeddingModel, options: Partial<BatchEmbedderOptions> = {}) {
  const calls: string[] = [];
  const poisoned: PoisonedRow[] = [];
  const embedder = new BatchEmbedder({
    model,
    batchTokens: 100,
    survivesFailures: true,
    identify: async (_, row) => ({ ordinal: row, id: `s${row}` }),
    stopping: () => false,
    onCall: async (_, rows) => void calls.push(`calling ${rows}`),
    onControl: async (_, rows) => void calls.push(`control ${rows}`),
    onReturn: async () => void calls.push('returned'),
    onProgress: async () => undefined,
    onPoisoned: async (_, row) => void poisoned.push(row),
    ...options,
  });
  return { embedder, calls, poisoned };
}

test('rows that lost tokens are counted once each, without the quarantined ones', async () => {
  const batch = ['ACGTA', 'NCGTA', 'ACGT', 'XCGTA', 'ACGTACGT', 'AC'].map(bytes);
  const { embedder, poisoned } = embedderOf(fragileModel(), {
    isolation: startIsolation(0, 2, { alone: [1] }),
  });
  const embedded = await embedder.embed(0, batch);
  expect(poisoned.map(({ row }) => row)).toEqual([1, 3]);
  expect(embedded).toMatchObject({ poisoned, truncated: 2 });
  expect([...embedded!.rows].filter((_, i) => i % DIM === 0)).toEqual([5, 4, 8, 2]);

  const alone = embedderOf(fragileModel(), { isolation: startIsolation(0, 2) });
  expect(await alone.embedder.embed(0, [bytes('NCGTACGT')])).toMatchObject({ truncated: 0 });
});

test('in parts, each row that lost tokens counts once', async () => {
  const { embedder, calls } = embedderOf(fragileModel(), { budget: { halvings: 4, climbAfter: 100 } });
  const { truncated } = (await embedder.embed(0, ['ACGTA', 'ACGTC', 'ACG', 'AC'].map(bytes)))!;
  expect(truncated).toBe(2);
  expect(calls).toEqual(['calling 0', 'returned', 'calling 1', 'returned', 'calling 2,3', 'returned']);
});

test.each([
  ['fails on', async (batch: readonly Uint8Array[]) => Promise.reject(failed(batch.length))],
  ['gives NaN for', async (batch: readonly Uint8Array[]) => new Float32Array(batch.length * DIM).fill(NaN)],
])('if it %s everything, no sequence is blamed', async (_, embed) => {
  const { embedder, calls, poisoned } = embedderOf(
    { ...countingModel(), embed },
    {
      isolation: startIsolation(0, 2),
    },
  );
  await expect(embedder.embed(0, ['AC', 'GT'].map(bytes))).rejects.toMatchObject({
    code: 'unfit_device',
    message: expect.stringMatching(
      /^counting fails even on plain residues \((no|NaN in column 0)\), so no sequence/,
    ),
  });
  expect([calls, poisoned]).toEqual([[], []]);
});

test('a model that embedded a batch before needs no proof, and one proof is enough', async () => {
  const batch = ['AC', 'XC'].map(bytes);
  const fresh = fragileModel();
  await embedderOf(fresh, { isolation: startIsolation(0, 2) }).embedder.embed(0, batch);
  // The first half is good, so the fault is in the other. It failed once, and is judged after another proof.
  expect(fresh.calls.map(({ batch }) => batch)).toEqual([[PLAIN], ['AC'], ['XC'], [PLAIN], ['XC']]);

  const used = fragileModel();
  const { embedder } = embedderOf(used, { isolation: startIsolation(1, 2) });
  await embedder.embed(0, [bytes('GT')]);
  await embedder.embed(1, batch);
  expect(used.calls.map(({ batch }) => batch)).toEqual([['GT'], ['AC'], ['XC'], [PLAIN], ['XC']]);
});

test('windows of long sequences get smaller calls if memory is short, one at a time for a sequence alone', async () => {
  const windows = { residues: 10, overlap: 0 };
  const long = bytes('ACGT'.repeat(10));
  const short = fragileModel({ windows });
  await embedderOf(short, { budget: { halvings: 2, climbAfter: 100 } }).embedder.embed(0, [long]);
  await embedderOf(short, { budget: { halvings: null, climbAfter: 100 } }).embedder.embed(0, [long]);
  await embedderOf(short).embedder.embed(0, [long]);
  expect(short.calls.map(({ options }) => options.windowTokens)).toEqual([25, 0, undefined]);

  const searched = fragileModel({ windows });
  const isolation = startIsolation(0, 2, { alone: [1] });
  await embedderOf(searched, { isolation }).embedder.embed(0, [long, long, bytes('AC')]);
  expect(searched.calls.slice(1).map(({ batch, options }) => [batch.length, options.windowTokens])).toEqual([
    [1, 0],
    [2, undefined],
  ]);
});

test('the budget of a sequence with many windows does not climb past what one run had', async () => {
  const windows = { residues: 10, overlap: 0 };
  const model = fragileModel({ windows });
  const { embedder } = embedderOf(model, { budget: { halvings: 3, climbAfter: 1 } });
  const long = bytes('ACGT'.repeat(20));
  for (let batch = 0; batch < 4; batch++) await embedder.embed(batch, [long]);
  expect(model.calls.map(({ options }) => options.windowTokens)).toEqual([12.5, 25, 50, undefined]);
});

test('a sequence that failed once alone, for a passing reason, is embedded', async () => {
  const model = fragileModel();
  const { embed } = model;
  let failures = 1;
  model.embed = async (batch, options) => {
    if (batch.length === 1 && text(batch[0]!) === 'GT' && failures-- > 0) throw failed(1);
    return embed(batch, options);
  };
  const { embedder, poisoned } = embedderOf(model, { isolation: startIsolation(0, 2) });
  const embedded = await embedder.embed(0, ['GT', 'AC'].map(bytes));
  expect([poisoned, embedded!.rows.length]).toEqual([[], 2 * DIM]);
});

/** A model that fails on everything once it met an X, like a device that lost its context. */
function breakingModel() {
  const model = fragileModel();
  const { embed } = model;
  let broken = false;
  model.embed = async (batch, options) => {
    broken ||= batch.some((each) => text(each).includes('X'));
    if (broken) throw failed(batch.length);
    return embed(batch, options);
  };
  return model;
}

test('if a failure breaks the device, a worker that had one blames no sequence', async () => {
  const sequences = ['AC', 'XC', 'GT', 'CC', 'TT', 'GG'].map(bytes);
  let isolation: Isolation = startIsolation(0, 2);
  // How the coordinator handles the deaths of workers.
  for (let life = 0; life < 20; life++) {
    let latest = isolation;
    let tried: readonly number[] | null = null;
    const { embedder, poisoned } = embedderOf(breakingModel(), {
      isolation,
      onCall: async (_, rows, state) => {
        tried = rows;
        latest = state!;
      },
      onReturn: async () => {
        tried = null;
      },
    });
    try {
      const embedded = await embedder.embed(0, sequences);
      expect(poisoned.map(({ row }) => row)).toEqual([1]);
      expect(embedded!.rows).toHaveLength(5 * DIM);
      expect(isolation.fragile).toBe(true);
      return;
    } catch (error) {
      if ((error as { code?: string }).code === 'lost_device') isolation = deviceLost(latest);
      else isolation = groupFailed(latest, tried!, { kind: 'poison_input', error: 'no' });
    }
  }
  throw new Error('it finds no end');
});

test('after a hang, plain residues of the same length precede each sequence that is embedded alone', async () => {
  const model = fragileModel();
  const isolation = { ...startIsolation(0, 2, { alone: [1], suspects: [] }), hangs: true };
  const { embedder, calls } = embedderOf(model, { isolation });
  await embedder.embed(0, ['AC', 'ACGTACGTA', 'GT'].map(bytes));
  expect(calls.slice(0, 4)).toEqual(['control 1', 'returned', 'calling 1', 'returned']);
  const [[proof], [control], [row]] = model.calls.map(({ batch }) => batch) as [string[], string[], string[]];
  expect([proof, control?.length, row]).toEqual([PLAIN, 9, 'ACGTACGTA']);
  expect(control).toMatch(/^[ACGT]+$/);
});

test('a control is no longer than a window, or than the model reads', async () => {
  const long = bytes('ACGT'.repeat(100));
  for (const [change, length] of [
    [{ windows: { residues: 10, overlap: 0 } }, 10],
    [{ maxResidues: 30 }, 30],
  ] as const) {
    const model = fragileModel(change);
    const isolation = { ...startIsolation(0, 2), hangs: true };
    await embedderOf(model, { isolation }).embedder.embed(0, [long]);
    expect(model.calls[1]?.batch[0]).toHaveLength(length);
  }
});

test('a control that fails shows that the device is at fault', async () => {
  const model = fragileModel();
  const { embed } = model;
  model.embed = async (batch, options) => {
    if (batch.length === 1 && text(batch[0]!).length === 40) throw failed(1);
    return embed(batch, options);
  };
  const isolation = { ...startIsolation(0, 2), hangs: true };
  const { embedder, calls } = embedderOf(model, { isolation });
  await expect(embedder.embed(0, [bytes('ACGT'.repeat(10))])).rejects.toMatchObject({ code: 'lost_device' });
  expect(calls).toEqual(['control 0', 'returned']);
});

/** The fragile model with numbers of tokens: the bytes of each sequence. */
function withValues(change: Partial<EmbeddingModel['source']> = {}) {
  const model = fragileModel(change);
  const embed: EmbeddingModel['embed'] = async (batch, options = {}) => {
    const rows = await model.embed(batch, options);
    for (const [at, each] of batch.entries())
      options.onValues?.(at, { tokens: each.length, data: Float32Array.from(each) });
    return rows;
  };
  return { ...model, embed };
}

const valuesOf = (embedded: { values?: readonly { data: Float32Array }[] } | null) =>
  embedded!.values!.map(({ data }) => Buffer.from(data).toString());

test('numbers of tokens stay with their rows: in one call, in parts, and without the quarantined ones', async () => {
  const batch = ['ACGTA', 'NCGTA', 'ACG', 'XCGTA', 'ACGTACGT', 'AC'];
  const good = batch.filter((each) => !/[NX]/.test(each));
  const whole = embedderOf(withValues());
  expect(valuesOf(await whole.embedder.embed(0, good.map(bytes)))).toEqual(good);
  const parts = embedderOf(withValues(), { budget: { halvings: 4, climbAfter: 100 } });
  expect(valuesOf(await parts.embedder.embed(0, good.map(bytes)))).toEqual(good);
  const isolation = startIsolation(0, 2, { alone: [1] });
  const searched = embedderOf(withValues(), { isolation });
  const embedded = await searched.embedder.embed(0, batch.map(bytes));
  expect([embedded!.at, valuesOf(embedded)]).toEqual([[0, 2, 4, 5], good]);
});

test('a number that the type cannot hold is found in rows and in numbers of tokens, and the type is named', async () => {
  const large = (row: number, value: number): EmbeddingModel => {
    const model = withValues({ dtype: 'float16' });
    return {
      ...model,
      async embed(batch, options = {}) {
        const rows = await model.embed(batch, options);
        batch.forEach((each, at) => {
          if (!text(each).includes('G')) return;
          rows[at * DIM + 1] = row;
          options.onValues?.(at, { tokens: 1, data: Float32Array.of(0, value) });
        });
        return rows;
      },
    };
  };
  const batch = ['AC', 'AG', 'CC'].map(bytes);
  await expect(embedderOf(large(65_520, 0)).embedder.embed(0, batch)).rejects.toMatchObject({
    code: 'non_finite',
    message: expect.stringMatching(
      /numbers that float16 cannot hold .*"s1".*column 1.*choose --dtype bfloat16 or float32/,
    ),
  });
  await expect(embedderOf(large(0, -70_000)).embedder.embed(0, batch)).rejects.toThrow(
    /-70000 in number 1 of its tokens/,
  );
  expect(await embedderOf(large(65_519, 1)).embedder.embed(0, batch)).not.toBeNull();
  const isolation = startIsolation(0, 2, { alone: [1] });
  const { embedder, poisoned } = embedderOf(large(1e9, 0), { isolation });
  await embedder.embed(0, batch);
  expect(poisoned).toMatchObject([
    { row: 1, error: expect.stringContaining('float16 cannot hold it; --dtype bfloat16 or float32 can') },
  ]);
});
