import { createHash } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ModelOptions } from '../model-options.js';
import { RunFolderError } from '../run-folder-error.js';
import {
  type Asked,
  differences,
  formatRunFacts,
  newRunRecord,
  readRunRecord,
  writeRunRecord,
} from './run-record.js';

const input = (path: string, sha256: string) => ({ path, bytes: 10, sha256: sha256.repeat(64) });
const asked: Asked & { batch_tokens: number; shards: number } = {
  inputs: [input('a.fa', 'a'), input('b.fa', 'b')],
  model: { name: 'tnf', fingerprint: 'f'.repeat(64) },
  batch_tokens: 1000,
  shards: 8,
};
const record = newRunRecord(asked);
/** The fingerprint that the version before letters gave this record. */
const FINGERPRINT_BEFORE = '842f47c2e4beb4a8b28efd91ee36ab3e80098377c5844796ecf597e6c3f5a7c7';

let path: string;
beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'run-')), 'run.json');
});

test('the same contents under other names are the same run', () => {
  const renamed = { ...asked, inputs: [input('x', 'a'), input('y', 'b')], shards: undefined };
  expect(differences(record, renamed)).toEqual([]);
  expect(newRunRecord({ ...renamed, shards: 3 }).fingerprint).toBe(record.fingerprint);
});

test.each<[string, Partial<typeof asked>, RegExp]>([
  [
    'contents',
    { inputs: [input('a.fa', 'c'), input('b.fa', 'b')] },
    /^content of input 1: a\.fa .*aaaa.* → a\.fa .*cccc/,
  ],
  ['order', { inputs: [...asked.inputs].reverse() }, /^order of inputs: a\.fa, b\.fa → b\.fa, a\.fa$/],
  ['number', { inputs: asked.inputs.slice(1) }, /^number of inputs: 2 → 1$/],
  ['model', { model: { name: 'tnf', fingerprint: '0'.repeat(64) } }, /^model: tnf \(ffff.* → tnf \(0000/],
  ['batches', { batch_tokens: 999 }, /^--batch-tokens: 1000 → 999$/],
  ['translation', { translate: 'open' }, /^--translate: none → open$/],
])('another %s is told as then → now, and makes another fingerprint', (_what, change, says) => {
  const now = { ...asked, ...change };
  expect(differences(record, now)[0]).toMatch(says);
  expect(newRunRecord({ ...now, shards: 8 }).fingerprint).not.toBe(record.fingerprint);
});

describe('what is done with letters', () => {
  const dropped = { read: 'as they are', final_stop: 'dropped' } as const;
  const kept = { read: 'as they are', final_stop: 'kept' } as const;
  const now = newRunRecord({ ...asked, letters: dropped });

  test('it is part of the run, by the name of the option', () => {
    expect(differences(now, { ...asked, letters: dropped })).toEqual([]);
    expect(differences(now, { ...asked, letters: kept })).toEqual(['--keep-stop: not given → given']);
    expect(newRunRecord({ ...asked, letters: kept }).fingerprint).not.toBe(now.fingerprint);
  });

  test('a run without that record is resumed with either, and keeps its fingerprint', async () => {
    expect(differences(record, { ...asked, letters: dropped })).toEqual([]);
    expect(differences(record, { ...asked, letters: kept })).toEqual([]);
    expect(record.fingerprint).toBe(FINGERPRINT_BEFORE);
  });

  test('another model or other frames are reported alone, since they imply it', () => {
    const model = { name: 'esm', fingerprint: '0'.repeat(64) };
    expect(differences(now, { ...asked, letters: kept, model })).toHaveLength(1);
    expect(differences(now, { ...asked, letters: kept, translate: 'open' })).toHaveLength(1);
  });

  test('it is read back', async () => {
    await writeRunRecord(path, now);
    expect(await readRunRecord(path)).toEqual(now);
  });
});

describe('how records are read', () => {
  const reading = { on_bad_record: 'skip', id: 'whole', dedupe_ids: 'suffix' } as const;
  const skips = newRunRecord({ ...asked, reading });

  test('it is in the fingerprint, in one order, and only if it is not by default', async () => {
    const results = [['a'.repeat(64), 'b'.repeat(64)], asked.model.fingerprint, 1000, 2, { reading }];
    const fingerprint = createHash('sha256').update(JSON.stringify(results)).digest('hex');
    expect(skips.fingerprint).toBe(fingerprint);
    const { id, ...rest } = reading;
    expect(newRunRecord({ ...asked, reading: { id, ...rest } }).fingerprint).toBe(fingerprint);
    await writeRunRecord(path, skips);
    expect(await readRunRecord(path)).toEqual(skips);
  });

  test('each difference is told by its option', () => {
    expect(differences(record, { ...asked, reading })).toEqual([
      '--on-bad-record: refuse → skip',
      '--id: first-word → whole',
      '--dedupe-ids: refuse → suffix',
    ]);
    expect(differences(skips, asked)).toEqual([
      '--on-bad-record: skip → refuse',
      '--id: whole → first-word',
      '--dedupe-ids: suffix → refuse',
    ]);
    expect(differences(skips, { ...asked, reading })).toEqual([]);
  });
});

describe('gaps', () => {
  const letters = { read: 'as they are', final_stop: 'kept' } as const;
  const before = newRunRecord({ ...asked, letters });

  test('a run of a version that kept them is resumed with either option, and keeps its fingerprint', () => {
    for (const gaps of ['kept', 'dropped'] as const)
      expect(differences(before, { ...asked, letters: { ...letters, gaps } })).toEqual([]);
    expect(newRunRecord({ ...asked, letters: { ...letters, gaps: 'kept' } }).fingerprint).toBe(
      before.fingerprint,
    );
    expect(newRunRecord({ ...asked, letters: { ...letters, gaps: 'dropped' } }).fingerprint).not.toBe(
      before.fingerprint,
    );
  });
});

test('threads are those of the run, once it has some', () => {
  expect(differences({ ...record, threads: 2 }, { ...asked, threads: 1 })).toEqual(['--threads: 2 → 1']);
  expect(differences({ ...record, threads: 2 }, asked)).toEqual([]);
  expect(differences(record, { ...asked, threads: 1 })).toEqual([]);
});

describe("a model's options", () => {
  const options = { pooling: 'mean', layer: 'last', long_sequences: 'truncate' };
  const windows = { ...options, long_sequences: 'windows', window_overlap: 10 };
  const other = { name: 'tnf', fingerprint: '0'.repeat(64) };

  test.each<[string, ModelOptions, ModelOptions, string[]]>([
    ['pooling', options, { ...options, pooling: 'cls' }, ['--pooling: mean → cls']],
    ['layer', options, { ...options, layer: 'third' }, ['--layer: last → third']],
    ['windows', options, windows, ['--long-sequences: truncate → windows']],
    ['overlap', windows, { ...windows, window_overlap: 0 }, ['--window-overlap: 10 → 0']],
    ['precision', options, { ...options, precision: 'int8' }, ['--precision: fp32 → int8']],
    [
      'two of them',
      windows,
      { ...options, pooling: 'max' },
      ['--pooling: mean → max', '--long-sequences: windows → truncate'],
    ],
    ['none of them', options, options, ['model: tnf (ffffffffffff…) → tnf (000000000000…)']],
  ])('what differs is named: %s', (_what, model_options, now, says) => {
    const record = newRunRecord({ ...asked, model_options });
    expect(differences(record, { ...asked, model: other, model_options: now })).toEqual(says);
  });

  test('another model is reported as such, whatever its options', () => {
    const now = { ...asked, model: { ...other, name: 'esm' }, model_options: windows };
    expect(differences(newRunRecord({ ...asked, model_options: options }), now)).toEqual([
      'model: tnf (ffffffffffff…) → esm (000000000000…)',
    ]);
  });

  test('they are not in the fingerprint, and an older record without them is read as it is', async () => {
    const now = { ...asked, model_options: options };
    expect(newRunRecord(now).fingerprint).toBe(record.fingerprint);
    expect(differences(record, now)).toEqual([]);
    expect(differences(record, { ...now, model: other })[0]).toMatch(/^model: tnf \(ffff.* → tnf \(0000/);
    await writeRunRecord(path, newRunRecord(now));
    expect(await readRunRecord(path)).toMatchObject({ model_options: options });
  });
});

test('a translated run is another with other frames, and untranslated', () => {
  const open = newRunRecord({ ...asked, translate: 'open' });
  expect(differences(open, { ...asked, translate: 'all' })).toEqual(['--translate: open → all']);
  expect(differences(open, asked)).toEqual(['--translate: open → none']);
  expect(newRunRecord({ ...asked, translate: 'all' }).fingerprint).not.toBe(open.fingerprint);
});

test('the fingerprint of a run without translation is unaffected by that option', () => {
  expect(record.fingerprint).toBe('842f47c2e4beb4a8b28efd91ee36ab3e80098377c5844796ecf597e6c3f5a7c7');
});

test('another number of shards is reported, but results do not depend on it', () => {
  expect(differences(record, { ...asked, shards: 9 })).toEqual(['--shards: 8 → 9']);
  expect(newRunRecord({ ...asked, shards: 9 }).fingerprint).toBe(record.fingerprint);
});

test('all differences are reported together', () => {
  const now = { ...asked, batch_tokens: 1, shards: 1, inputs: [] };
  expect(differences(record, now)).toHaveLength(3);
});

test('a record of the first version is read with the first plan, under its own fingerprint', async () => {
  const { plan: _, ...rest } = record;
  const results = [['a'.repeat(64), 'b'.repeat(64)], asked.model.fingerprint, asked.batch_tokens];
  const fingerprint = createHash('sha256').update(JSON.stringify(results)).digest('hex');
  await writeFile(path, JSON.stringify({ ...rest, format: 1, fingerprint }));
  expect(await readRunRecord(path)).toEqual({ ...record, plan: 1, fingerprint });
  expect(fingerprint).not.toBe(record.fingerprint);
  expect(differences((await readRunRecord(path))!, asked)).toEqual([]);
});

test('what is written is read back; without a file there is no run', async () => {
  expect(await readRunRecord(path)).toBeNull();
  await writeRunRecord(path, record);
  expect(await readRunRecord(path)).toEqual(record);
});

test.each([
  '',
  '{"format":1',
  '{}',
  JSON.stringify({ ...record, format: 3 }),
  JSON.stringify({ ...record, plan: 1 }),
  JSON.stringify({ ...record, format: 1 }),
  JSON.stringify({ ...record, shards: 0 }),
  JSON.stringify({ ...record, batch_tokens: 1001 }),
  JSON.stringify({ ...record, fingerprint: '0'.repeat(64) }),
])('a damaged record, or one of a later version, is refused with the way out: %s', async (text) => {
  await writeFile(path, text);
  const error = await readRunRecord(path).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(RunFolderError);
  expect((error as Error).message).toMatch(/^.*--out, or --force-restart/);
  expect((error as Error).message.startsWith(`${path}: `)).toBe(true);
});

test('what the command gave of its model is kept, but neither in the fingerprint nor in checkpoints', async () => {
  const given = { path: '/models/esm', options: { '--pooling': 'max' } };
  const more = newRunRecord({ ...asked, given });
  expect(more.fingerprint).toBe(record.fingerprint);
  expect(differences(more, asked)).toEqual([]);
  await writeRunRecord(path, more);
  expect(await readRunRecord(path)).toEqual(more);
  expect(formatRunFacts(more)).toBe(formatRunFacts(record));
});
