import { expect, test } from 'vitest';
import { provenanceOf, settingsFacts } from './provenance.js';
import { newRunRecord, type RunRecord } from './run-record.js';

const record: RunRecord = {
  ...newRunRecord({
    inputs: [],
    model: { name: 'esm2', fingerprint: 'f' },
    batch_tokens: 512,
    shards: 2,
    begun_with: '0.1.0',
    model_options: { pooling: 'mean', layer: 'last', long_sequences: 'windows', window_overlap: 8 },
  }),
  device: 'cpu',
  threads: 1,
};

test('the embeddings say with which settings their rows were computed', () => {
  expect(settingsFacts(record)).toEqual({
    pooling: 'mean',
    layer: 'last',
    long_sequences: 'windows',
    window_overlap: '8',
    precision: 'fp32',
  });
});

test('those of a run that an earlier version began stay as that version wrote them', () => {
  const { begun_with: _, ...earlier } = record;
  expect(settingsFacts(earlier)).toEqual({});
});

test('neither the version that began a run nor where it computes is in its fingerprint', () => {
  const { begun_with, ...asked } = record;
  expect(begun_with).toBe('0.1.0');
  expect(newRunRecord(asked).fingerprint).toBe(record.fingerprint);
});

test('the provenance has every start', () => {
  expect(provenanceOf(record, { starts: [], left_out: 3 })).toEqual({
    begun_with: '0.1.0',
    model: record.model,
    model_options: record.model_options,
    batch_tokens: 512,
    device: 'cpu',
    threads: 1,
    starts: [],
    starts_left_out: 3,
  });
});
