import { expect, it } from 'vitest';
import { esmPlaces } from './esm-places.js';

const rows = (output: string, facts: Record<string, string> = {}, name = output) => ({
  output,
  name,
  facts,
  model: 'facebook/esm2_t33_650M_UR50D',
});
const values = (output: string) => ({ output, name: output });
const places = (outputs: Parameters<typeof esmPlaces>[0], given?: number) =>
  esmPlaces(outputs, given).map(({ key, layer }) => [key, layer]);

it('takes the key from how rows were made, and the layer from the name of the output, its layer or the model', () => {
  const found = places([
    rows('embeddings', { pooling: 'mean', layer: 'last_hidden_state' }),
    rows('mean.layer_0'),
    rows('cls.layer_12', { pooling: 'mean' }),
    values('per_token.layer_33'),
    values('contacts'),
  ]);
  expect(found).toEqual([
    ['mean_representations', 33],
    ['mean_representations', 0],
    ['bos_representations', 12],
    ['representations', 33],
    ['contacts', null],
  ]);
  expect(places([rows('embeddings', { pooling: 'cls' }, 'cls.layer_6')])).toEqual([
    ['bos_representations', 6],
  ]);
  expect(places([rows('embeddings', { layer: 'hidden_states.3' })])).toEqual([['mean_representations', 3]]);
});

it('a layer that is given is for one output alone, or for those whose name has none', () => {
  expect(places([rows('embeddings')], 12)).toEqual([['mean_representations', 12]]);
  expect(places([rows('mean.layer_0'), values('per_token.hidden')], 12)).toEqual([
    ['mean_representations', 0],
    ['representations', 12],
  ]);
  expect(() => places([values('per_token.hidden')])).toThrow('not known from the name per_token.hidden');
});

it('names what extract.py has no place for, and two that would have one place', () => {
  const all = [rows('embeddings'), rows('max.layer_3'), rows('mean_tokens.layer_3'), values('logits')];
  expect(() => places(all)).toThrow(
    'has no place for max.layer_3, mean_tokens.layer_3, logits; name the others: --from embeddings',
  );
  expect(() => places([rows('embeddings', { pooling: 'max' })])).toThrow(
    'has no place for embeddings (pooled by max); --to h5 has',
  );
  expect(() => places([rows('embeddings'), rows('mean.layer_33')])).toThrow(
    'embeddings and mean.layer_33 would both be mean_representations[33]; leave one of them out',
  );
});
