import type { ResultRecord } from '@holdfast/run-folder';
import { describe, expect, it } from 'vitest';
import { fullNameOf, listed } from './output-names.js';

type Options = NonNullable<NonNullable<ResultRecord['provenance']>['model_options']>;

const LAST = 'last_hidden_state';
const nameOf = (options: Partial<Options> | null, outputs?: ResultRecord['outputs']) =>
  fullNameOf({
    ...(outputs && { outputs }),
    ...(options && {
      provenance: {
        model: { name: 'm', fingerprint: 'f' },
        model_options: { pooling: 'mean', layer: LAST, long_sequences: 'truncate', ...options },
        batch_tokens: 1,
        starts: [],
      },
    }),
  });

describe('the full name of the embeddings', () => {
  it('is the pooling and the layer that the run recorded', () => {
    expect(nameOf({ layer_name: 'layer_33' })).toBe('mean.layer_33');
    expect(nameOf({ pooling: 'cls', layer: 'hidden_states.0', layer_name: 'layer_0' })).toBe('cls.layer_0');
  });

  it('is told by the layer, or an output of the same layer, in a result of an earlier version', () => {
    expect(nameOf({ layer: 'hidden_states.12' })).toBe('mean.layer_12');
    const rows = [
      { name: 'mean.layer_1', dim: 2, layer: 'hidden_states.1', pooling: 'mean' as const },
      { name: 'max.layer_6', dim: 2, layer: LAST, pooling: 'max' as const },
    ];
    expect(nameOf({}, { dim: 2, rows })).toBe('mean.layer_6');
    const tokens = [{ name: 'per_token.layer_7', dim: 2, layer: LAST }];
    expect(nameOf({}, { dim: 2, tokens })).toBe('mean.layer_7');
    expect(nameOf({}, { dim: 2, rows: rows.slice(0, 1) })).toBeNull();
  });

  it('is missing where no layer has a number, the model pools, or nothing was recorded', () => {
    const rows = [{ name: 'cls.hidden', dim: 2, layer: 'hidden', pooling: 'cls' as const }];
    expect(nameOf({ layer: 'hidden' }, { dim: 2, rows })).toBeNull();
    expect(nameOf({ pooling: 'none', layer: 'frequencies' })).toBeNull();
    expect(nameOf(null)).toBeNull();
  });
});

it('a list has it beside the short name', () => {
  expect(listed(['embeddings', 'cls.layer_2'], 'mean.layer_2')).toBe(
    'embeddings (mean.layer_2), cls.layer_2',
  );
  expect(listed(['embeddings', 'cls.x'], null)).toBe('embeddings, cls.x');
});
