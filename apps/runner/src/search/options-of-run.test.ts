import { letterRules, resolveModel } from '@holdfast/gpu-runtime';
import { letterUse, readingUse } from '@holdfast/plan';
import { cutFieldsOf, newRunRecord } from '@holdfast/run-folder';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EmbedOptions } from '../embed-options.js';
import { cutOf } from '../run/cut-of.js';
import { givenModel } from '../run/given-model.js';
import { optionsOfRun, overridesOf } from './options-of-run.js';

type Options = Omit<EmbedOptions, 'inputs' | 'out' | 'model' | 'format' | 'forceRestart'>;

const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
const flag = maybe(fc.constant(true));
const asked = fc
  .record({
    chunk: maybe(fc.integer({ min: 8, max: 99 })),
    stride: maybe(fc.integer({ min: 1, max: 8 })),
    translate: maybe(fc.constantFrom('open', 'all', 'orfs')),
    geneticCode: maybe(fc.constantFrom(1, 11)),
    minOrf: maybe(fc.integer({ min: 1, max: 99 })),
    orfStart: maybe(fc.constantFrom('atg', 'code', 'any')),
    id: maybe(fc.constantFrom('first-word', 'whole', '^(\\w+)')),
    onBadRecord: maybe(fc.constantFrom('refuse', 'skip')),
    dedupeIds: maybe(fc.constantFrom('refuse', 'suffix')),
    keepU: flag,
    keepStop: flag,
    stripStop: flag,
    keepGaps: flag,
    overrides: fc.record({
      pooling: maybe(fc.constantFrom('mean', 'max')),
      longSequences: maybe(fc.constant('windows')),
      windowOverlap: maybe(fc.integer({ min: 0, max: 9 })),
      output: maybe(fc.constantFrom('h.1', '-1')),
      include: maybe(fc.constantFrom(['cls'], ['per_token', 'max', 'mean'], ['contacts'])),
      dtype: maybe(fc.constantFrom('float16', 'bfloat16')),
      precision: maybe(fc.constantFrom('fp16', 'int8')),
    }),
  })
  .map((options) => options as Options)
  .filter((options) => {
    try {
      cutOf(options as EmbedOptions);
    } catch {
      return false;
    }
    return !(options.keepStop && options.stripStop);
  });

test.each(['tnf', 'aac'])('queries for %s get the settings of the run, whatever they were', async (name) => {
  const rules = letterRules(await resolveModel(name));
  /** What a run record says of options. */
  const facts = (options: Options) => {
    const { keepU = false, keepStop = false, stripStop = false, keepGaps = false } = options;
    const switches = { keepU, keepStop, stripStop, keepGaps, translated: options.translate !== undefined };
    const reading = readingUse(options);
    return {
      ...cutFieldsOf(cutOf(options as EmbedOptions)),
      letters: letterUse(rules, switches),
      ...(reading && { reading }),
    };
  };
  fc.assert(
    fc.property(asked, (options) => {
      const record = newRunRecord({
        inputs: [],
        model: { name, fingerprint: 'f'.repeat(64) },
        batch_tokens: 77,
        shards: 3,
        given: givenModel(options, '/model'),
        ...facts(options),
      });
      const ended = { ...record, threads: 2, device: 'cuda:3' };
      const again = optionsOfRun(ended, 'embeddings');
      expect(facts(again)).toEqual(facts(options));
      const { overrides = {} } = options;
      const layers = overrides.output === undefined ? undefined : ['h.2', '3'];
      const more = { ...overrides, layers };
      const { options: given } = givenModel({ overrides: more }, '/model');
      expect(givenModel({ overrides: overridesOf({ given: { options: given } }) }, '/model').options).toEqual(
        given,
      );
      // Of the queries, only the rows are computed that are compared.
      const { include: _, ...rest } = overrides;
      expect(givenModel({ overrides: again.overrides ?? {} }, '/model')).toEqual(
        givenModel({ overrides: rest }, '/model'),
      );
      const rows = [{ name: 'max.layer_4', dim: 3, layer: 'hidden_states.4', pooling: 'max' as const }];
      expect(optionsOfRun({ ...ended, outputs: { dim: 3, rows } }, 'max.layer_4').overrides).toEqual({
        ...again.overrides,
        output: 'hidden_states.4',
        pooling: 'max',
      });
      expect(again).toMatchObject({ batchTokens: 77, threads: 2, device: { kind: 'cuda', index: null } });
    }),
  );
});
