import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytes, fixture } from '../../test/support.js';
import type { EmbeddingModel } from '../embedding-model.js';
import { loadModel } from '../load-model.js';
import { resolveModel } from '../resolve-model.js';
import { tokenCounts } from '../tokens/token-counts.js';
import { SequenceError } from './sequence-error.js';

const MODELS = ['tnf', 'aac', fixture('tiny_esm2'), fixture('dna_encoder')];

async function withModel(name: string, use: (model: EmbeddingModel) => Promise<void>): Promise<void> {
  const model = await loadModel(await resolveModel(name));
  try {
    await use(model);
  } finally {
    await model.release();
  }
}

async function refusal(call: () => unknown): Promise<SequenceError> {
  try {
    await call();
  } catch (error) {
    expect(error).toBeInstanceOf(SequenceError);
    return error as SequenceError;
  }
  throw new Error('it was not refused');
}

test.each(MODELS)('%s refuses every byte that is not printable ASCII and names its position', (name) =>
  withModel(name, async (model) => {
    for (let byte = 0; byte < 256; byte++) {
      if (byte >= 0x21 && byte <= 0x7e) continue;
      const bad = Uint8Array.of(...bytes('ACG'), byte, ...bytes('TTA'));
      const batch = [bytes('ACGTACGT'), bad];
      for (const call of [
        () => model.embed(batch),
        () => model.prepare?.(batch) ?? model.embed(batch),
        () => tokenCounts(model.source, batch),
      ]) {
        const error = await refusal(call);
        expect(error).toMatchObject({ code: 'sequence_bad_byte', sequence: 1, position: 3, byte });
        expect(error.message).toContain('sequence 1');
        expect(error.message).toContain('position 3');
      }
    }
  }),
);

test.each(MODELS)('%s takes every printable ASCII character', (name) =>
  withModel(name, async (model) => {
    const printable = Array.from({ length: 0x7f - 0x21 }, (_, i) => 0x21 + i);
    const rows = await model.embed([Uint8Array.from(printable)]);
    expect(rows).toHaveLength(model.source.dim);
    expect(rows.every(Number.isFinite)).toBe(true);
  }),
);

test('the first bad byte is named at any position', () =>
  withModel('tnf', async (model) => {
    const letters = fc.array(fc.integer({ min: 0x21, max: 0x7e }), { maxLength: 20 });
    const bad = fc.oneof(fc.integer({ min: 0, max: 0x20 }), fc.integer({ min: 0x7f, max: 0xff }));
    await fc.assert(
      fc.asyncProperty(fc.array(letters), letters, bad, letters, async (before, head, byte, tail) => {
        const batch = [...before, [...head, byte, ...tail, byte]].map((each) => Uint8Array.from(each));
        const error = await refusal(() => model.embed(batch));
        expect(error).toMatchObject({ sequence: before.length, position: head.length, byte });
      }),
    );
  }));

test.each([
  ['text', 'ACGT', /sequence 0 is a string/],
  ['numbers', [65, 67], /sequence 0 is of type Array/],
  ['wider elements', Uint16Array.of(65, 67), /sequence 0 is of type Uint16Array/],
  ['signed elements', Int8Array.of(65, 67), /sequence 0 is of type Int8Array/],
  ['a bare buffer', new ArrayBuffer(4), /sequence 0 is of type ArrayBuffer/],
  ['nothing', null, /sequence 0 is null/],
  ['undefined', undefined, /sequence 0 is undefined/],
])('%s in place of a sequence is refused', (_, value, message) =>
  withModel('tnf', async (model) => {
    const error = await refusal(() => model.embed([value as unknown as Uint8Array]));
    expect(error).toMatchObject({ code: 'sequence_not_bytes', sequence: 0 });
    expect(error.message).toMatch(message);
  }),
);

test.each([
  ['a sequence', bytes('ACGT')],
  ['text', 'ACGT'],
  ['nothing', undefined],
])('%s in place of the list is refused', (_, value) =>
  withModel('tnf', async (model) => {
    const error = await refusal(() => model.embed(value as unknown as Uint8Array[]));
    expect(error.code).toBe('sequences_not_a_list');
  }),
);

test('a hole in the list is refused', () =>
  withModel('tnf', async (model) => {
    const holed = [bytes('ACGT'), bytes('ACGT')];
    delete holed[1];
    expect(await refusal(() => model.embed(holed))).toMatchObject({ sequence: 1 });
  }));

test('a Buffer, a view and an array of another realm are sequences', () =>
  withModel('tnf', async (model) => {
    const plain = await model.embed([bytes('ACGTTACG')]);
    const view = new Uint8Array(bytes('xxACGTTACGxx')).subarray(2, 10);
    const foreign = runInNewContext('Uint8Array.from(codes)', {
      codes: [...bytes('ACGTTACG')],
    }) as Uint8Array;
    for (const same of [Buffer.from('ACGTTACG'), view, foreign])
      expect(await model.embed([same])).toEqual(plain);
  }));

test.each(['tnf', 'aac', fixture('tiny_esm2'), fixture('dna_encoder')])(
  'an empty sequence has a row of zeros in %s, whatever its neighbours',
  (name) =>
    withModel(name, async (model) => {
      const { dim } = model.source;
      expect(await model.embed([new Uint8Array(0)])).toEqual(new Float32Array(dim));
      const both = await model.embed([new Uint8Array(0), bytes('ACGTACGT')]);
      expect(both.subarray(0, dim)).toEqual(new Float32Array(dim));
      expect(both.subarray(dim).some((value) => value !== 0)).toBe(true);
    }),
);
