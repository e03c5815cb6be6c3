import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fedInputs } from '../test/fed-inputs.js';
import { fixture, lambda } from '../test/support.js';
import { resolveModel } from './resolve-model.js';
import { tokensOf } from './sequences/tokens-of.js';

const folder = fixture('dna_encoder');

test('tokens and masks of real DNA equal the library’s, and tokensOf is never less', async () => {
  const read = async (name: string) => JSON.parse(await readFile(join(folder, name), 'utf8'));
  const library = new Tokenizer(await read('tokenizer.json'), await read('tokenizer_config.json'));
  const source = await resolveModel(folder);
  const dna = await lambda();
  const sequence = fc
    .record({ start: fc.nat(dna.length - 700), length: fc.nat(700), unknown: fc.boolean() })
    .map(({ start, length, unknown }) => {
      const cut = dna.slice(start, start + length);
      return unknown ? `${cut.slice(0, 100)}NNRY-${cut.slice(100)}` : cut;
    });
  await fc.assert(
    fc.asyncProperty(fc.array(sequence, { minLength: 1, maxLength: 6 }), async (batch) => {
      const [fed] = await fedInputs(source, batch);
      const { input_ids: ids, attention_mask: mask, token_type_ids: types } = fed!;
      const whole = batch.map((text) => library.encode(text).ids);
      const kept = whole.map((all) => (all.length <= 256 ? all : [...all.slice(0, 255), 2]));
      const width = Math.max(...kept.map(({ length }) => length));
      const padded = (of: (id: number) => number, padding: number) =>
        kept.flatMap((all) => [...all.map(of), ...new Array(width - all.length).fill(padding)]);
      expect(ids!.dims).toEqual([batch.length, width]);
      expect(ids!.data).toEqual(padded((id) => id, 3));
      expect(mask!.data).toEqual(padded(() => 1, 0));
      expect(types!.data).toEqual(padded(() => 0, 0));
      batch.forEach((text, i) => {
        expect(tokensOf(source, text.length)).toBeGreaterThanOrEqual(kept[i]!.length);
      });
    }),
    { numRuns: 60 },
  );
});
